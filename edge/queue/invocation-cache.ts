/**
 * What sessions take of each other (docs/decisions/0020). An entry says where a recorded result stands, by the derivation
 * key of its node; it is good while that item is there. Claims look up all that their grants could take at once, and
 * nothing at all while there is nothing to take; entries are made and refreshed where results are recorded.
 */
import { createHash } from 'node:crypto';
import type { NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import type { InvocationCacheStatus } from '../../contract/queue/invocation-cache.ts';
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { Grant, RecordedResult } from '../../contract/runner/claim.ts';
import { DerivationKeys } from '../../graph/cache/derivation-keys.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { valuesLength } from './batches.ts';
import type { ItemState } from './callback.ts';
import type { QueueContext, Turn } from './turn.ts';

/** Nodes whose keys one transaction works out, a few microseconds each: what is beyond runs as if nothing were kept. */
const KEYS_PER_TURN_MAX = 10_000;

/** Characters of graphs that one claim reads for that: a runner that has very many batches' graphs is sent none of them. */
const GRAPHS_LENGTH_PER_TURN = ANSWER_LENGTH_MAX;

/** How old a use may look: writing down each would make a row of every hit. */
const USED_MS = 60_000;

/** When the cache is full, so many more go than have to, so that not every entry looks for the oldest: 1/16. */
const SPARE_SHIFT = 4;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The keys of a batch's items, kept as long as its graph is. */
const KEYS = new WeakMap<PinnedGraph, DerivationKeys>();

function derivationKeys(graph: PinnedGraph): DerivationKeys {
  const keys = KEYS.get(graph) ?? new DerivationKeys(graph, sha256);
  KEYS.set(graph, keys);
  return keys;
}

/** Whose sessions share results; null: nobody's. */
function scopeOf({ invocation_cache }: QueueSettings, user_id: string): string | null {
  if (invocation_cache === 'off') return null;
  return invocation_cache === 'shared' ? 'shared' : `user/${user_id}`;
}

export interface CacheState {
  cache_size: number;
  cache_hits: number;
  cache_misses: number;
  /** When it was last cleared. */
  cache_since: number;
}

export const cacheState = ({ sql }: Pick<QueueContext, 'sql'>): CacheState =>
  sql.one<CacheState>('SELECT cache_size, cache_hits, cache_misses, cache_since FROM queue');

/** The word under which devices keep results in their own memory: after a clear it is another one. */
export const cacheWord = (settings: QueueSettings, { cache_since }: CacheState, user_id: string): string =>
  `${cache_since}/${scopeOf(settings, user_id)}`;

/** A granted item that may take results. */
export interface Taker {
  item_id: number;
  batch_no: number;
  user_id: string;
  values: Grant['values'];
  results: readonly RecordedResult[];
}

interface Lookup {
  item_id: number;
  invocation_id: string;
  scope: string;
  node_type: string;
  key: string;
}

/**
 * What others recorded for the same work as the takers', by item; no more than `room` bytes of it. A result is read only
 * when it fits: its bytes stand in the row's head, its characters would have to be counted.
 */
export function cachedResults(
  turn: QueueContext,
  takers: readonly Taker[],
  room: number,
): Map<number, RecordedResult[]> {
  const found = new Map<number, RecordedResult[]>();
  const lookups = lookupsOf(turn, takers);
  if (lookups.length === 0) return found;
  const rows = turn.sql.each<{ place: number; item_id: number; invocation_id: string; length: number }>(
    `SELECT value->>0 AS place, entry.item_id, entry.invocation_id, OCTET_LENGTH(result) AS length
     FROM json_each(?1) AS wanted
     CROSS JOIN cache_entries AS entry ON scope = value->>1 AND node_type = value->>2 AND cache_key = value->>3
     CROSS JOIN items ON items.item_id = entry.item_id AND items.deleted IS NULL
     CROSS JOIN invocations AS recorded ON recorded.item_id = entry.item_id AND recorded.invocation_id = entry.invocation_id
     WHERE result IS NOT NULL`,
    lookups.map(({ scope, node_type, key }, place) => [place, scope, node_type, key]),
  );
  let left = room;
  const fitting = rows.filter(({ length }) => {
    left -= length;
    return left >= 0;
  });
  const results = recordedAt(turn, fitting);
  for (const { place, ...at } of fitting) {
    const { item_id, invocation_id } = lookups[place] as Lookup;
    const result = results.get(placeOf(at));
    if (result === undefined) continue;
    const taken = found.get(item_id) ?? [];
    taken.push({ invocation_id, result });
    found.set(item_id, taken);
  }
  return found;
}

interface Place {
  item_id: number;
  invocation_id: string;
}

const placeOf = ({ item_id, invocation_id }: Place): string => `${item_id} ${invocation_id}`;

/** One result may be taken by many. */
function recordedAt({ sql }: QueueContext, places: readonly Place[]): Map<string, NodeOutput> {
  const distinct = new Map(places.map((place) => [placeOf(place), [place.item_id, place.invocation_id]]));
  const rows = sql.each<Place & { result: string }>(
    `SELECT item_id, invocation_id, result FROM json_each(?1) AS wanted
     JOIN invocations ON item_id = wanted.value->>0 AND invocation_id = wanted.value->>1`,
    [...distinct.values()],
  );
  return new Map(rows.map((row) => [placeOf(row), JSON.parse(row.result) as NodeOutput]));
}

/** Only of nodes of whose types anything is kept. */
function lookupsOf(turn: QueueContext, takers: readonly Taker[]): Lookup[] {
  const candidates = candidatesOf(turn, takers);
  if (candidates.size === 0) return [];
  const lookups: Lookup[] = [];
  let left = KEYS_PER_TURN_MAX;
  for (const { item_id, batch_no, values, results } of takers) {
    const found = candidates.get(batch_no);
    if (found === undefined) continue;
    const keys = derivationKeys(turn.batches.of(batch_no).graph);
    left -= keys.size;
    if (left < 0) break;
    const keyOf = keys.of(values);
    const recorded = new Set(results.map(({ invocation_id }) => invocation_id));
    for (const { id, type } of found.nodes) {
      const key = recorded.has(id) ? undefined : keyOf(id);
      if (key !== undefined) lookups.push({ item_id, invocation_id: id, scope: found.scope, node_type: type, key });
    }
  }
  return lookups;
}

interface Candidates {
  scope: string;
  nodes: PinnedGraph['nodes'];
}

/** By batch: the nodes that may take a result of some other session. */
function candidatesOf(turn: QueueContext, takers: readonly Taker[]): Map<number, Candidates> {
  const scopes = new Map<number, string>();
  let left = GRAPHS_LENGTH_PER_TURN;
  for (const { batch_no, user_id } of takers) {
    const scope = scopes.has(batch_no) ? null : scopeOf(turn.settings, user_id);
    if (scope === null) continue;
    left -= turn.batches.rowOf(batch_no).graph_length;
    if (left < 0) break;
    scopes.set(batch_no, scope);
  }
  const graphs = [...scopes].map(([batch_no, scope]) => ({ batch_no, scope, ...turn.batches.of(batch_no).graph }));
  const rows = turn.sql.each<{ wanted: string }>(
    `SELECT value AS wanted FROM json_each(?1)
     WHERE EXISTS (SELECT 1 FROM cache_entries WHERE scope = value->>'$[0]' AND node_type = value->>'$[1]')`,
    [...new Set(graphs.flatMap(({ scope, types }) => Object.keys(types).map((type) => typeOf(scope, type))))],
  );
  const kept = new Set(rows.map((row) => row.wanted));
  const candidates = new Map<number, Candidates>();
  if (kept.size === 0) return candidates;
  for (const { batch_no, scope, nodes } of graphs) {
    const found = nodes.filter(({ type, use_cache }) => use_cache && kept.has(typeOf(scope, type)));
    if (found.length > 0) candidates.set(batch_no, { scope, nodes: found });
  }
  return candidates;
}

const typeOf = (scope: string, type: string): string => JSON.stringify([scope, type]);

/** A result that was recorded just now. */
export interface NewResult {
  item: ItemState;
  invocation_id: string;
  /** It was taken from another session, or from the memory of its device. */
  cached: boolean;
  /** Its runner finds it worth keeping. */
  keep: boolean;
}

/**
 * Notes results for other sessions. The key is worked out here, so that a runner can say nothing of work but that which
 * it was given. What was granted before the cache was cleared stays out of it.
 */
export function keepResults(turn: Turn, results: readonly NewResult[]): void {
  const { sql, now, settings } = turn;
  const worth = results.filter(({ cached, keep }) => cached || keep);
  if (worth.length === 0 || settings.invocation_cache === 'off') return;
  const state = cacheState(turn);
  const entries = entriesOf(turn, state, worth);
  const made = sql.each(
    `INSERT INTO cache_entries (scope, node_type, cache_key, item_id, invocation_id, used_at)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>4, ?2 FROM json_each(?1) WHERE true
     ON CONFLICT DO NOTHING RETURNING 1`,
    entries,
    now,
  ).length;
  if (made < entries.length)
    sql.each(
      `UPDATE cache_entries SET item_id = value->>3, invocation_id = value->>4, used_at = ?2 FROM json_each(?1)
       WHERE scope = value->>0 AND node_type = value->>1 AND cache_key = value->>2 AND (used_at <= ?3 OR NOT EXISTS
         (SELECT 1 FROM items WHERE items.item_id = cache_entries.item_id AND deleted IS NULL))`,
      entries,
      now,
      now - USED_MS,
    );
  const hits = worth.filter(({ cached }) => cached).length;
  const removed = evict(turn, state.cache_size + made);
  sql.all(
    'UPDATE queue SET cache_size = cache_size + ?, cache_hits = cache_hits + ?, cache_misses = cache_misses + ?',
    made - removed,
    hits,
    worth.length - hits,
  );
}

type Entry = [scope: string, node_type: string, key: string, item_id: number, invocation_id: string];
type KeyOf = ReturnType<DerivationKeys['of']>;

function entriesOf(turn: Turn, { cache_since }: CacheState, results: readonly NewResult[]): Entry[] {
  let left = KEYS_PER_TURN_MAX;
  /** Of the items' own values, of which the grants of one claim have no more either. */
  let length = ANSWER_LENGTH_MAX;
  /** By item: one report brings many results of it. */
  const kept = new Map<number, KeyOf>();
  const keysOf = ({ item_id, batch_no, batch_index }: ItemState): KeyOf => {
    const before = kept.get(item_id);
    if (before) return before;
    const { graph, row } = turn.batches.of(batch_no);
    left -= graph.nodes.length;
    let keyOf: KeyOf = () => undefined;
    if (left >= 0 && length >= 0) {
      const values = turn.batches.values(batch_no, batch_index ?? item_id - row.first_item_id);
      length -= valuesLength(values);
      keyOf = derivationKeys(graph).of(values);
    }
    kept.set(item_id, keyOf);
    return keyOf;
  };
  return results.flatMap(({ item, invocation_id, keep }): Entry[] => {
    const scope = scopeOf(turn.settings, item.user_id);
    const node = turn.batches.of(item.batch_no).nodes.get(invocation_id);
    // A grant brings what was kept when it was made, so its session belongs to that time, whenever it starts.
    const since = Math.min(item.leased_at ?? 0, item.started_at ?? 0);
    if (!keep || scope === null || !node?.use_cache || since <= cache_since) return [];
    const key = keysOf(item)(invocation_id);
    return key === undefined ? [] : [[scope, node.type, key, item.item_id, invocation_id]];
  });
}

/** Makes room when there are more than may be; how many went. */
function evict({ sql, settings }: Turn, size: number): number {
  const max = settings.invocation_cache_max;
  if (size <= max) return 0;
  return sql.all(
    `DELETE FROM cache_entries WHERE (scope, node_type, cache_key) IN
       (SELECT scope, node_type, cache_key FROM cache_entries ORDER BY used_at, item_id LIMIT ?) RETURNING 1`,
    size - max + (max >> SPARE_SHIFT),
  ).length;
}

/** Items were removed for good: entries that say they stand there say nothing. */
export function forgetRemoved({ sql }: Pick<QueueContext, 'sql'>): void {
  if (cacheState({ sql }).cache_size === 0) return;
  const gone = sql.all(
    `DELETE FROM cache_entries WHERE NOT EXISTS
       (SELECT 1 FROM items WHERE items.item_id = cache_entries.item_id AND deleted IS NULL) RETURNING 1`,
  ).length;
  if (gone > 0) sql.all('UPDATE queue SET cache_size = cache_size - ?', gone);
}

/** Nothing of before is taken again, from here or from the memory of a device, and the counters begin anew. */
export function clearInvocationCache(turn: Turn): InvocationCacheStatus {
  turn.sql.all('DELETE FROM cache_entries');
  turn.sql.all(
    'UPDATE queue SET cache_size = 0, cache_hits = 0, cache_misses = 0, cache_since = MAX(?, cache_since + 1)',
    turn.now,
  );
  return invocationCacheStatus(turn);
}

export function invocationCacheStatus(context: QueueContext): InvocationCacheStatus {
  const { cache_size: size, cache_hits: hits, cache_misses: misses } = cacheState(context);
  const { invocation_cache, invocation_cache_max: max_size } = context.settings;
  return { size, hits, misses, enabled: invocation_cache !== 'off', max_size };
}
