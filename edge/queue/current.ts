/** Active items with the chains that they belong to, and what of all that is the current work. */
import { callsOf, isWaiting, type OpenCall, openCalls, rootsOf } from './chains.ts';
import { readItems } from './items.ts';
import { PLACE } from './schema.ts';
import { ACTIVE, batchesIn, IDLE, type ItemRange, itemsOf, rangesOf, type Scope, without } from './selection.ts';
import type { Sql } from './storage.ts';

/** The active items of the batches and of the chains that these belong to, by id. */
export function withChains(sql: Sql, batch_nos: readonly number[]): ItemRange[] {
  const own = itemsOf(sql, batch_nos, ACTIVE);
  if (!isWaiting(sql)) return own;
  const named = new Set(batch_nos);
  const roots = rangesOf([...readItems(sql, rootsOf(sql, batch_nos)).values()]).filter(
    ({ batch_no }) => !named.has(batch_no),
  );
  const calls = callsOf(sql, [...own, ...roots]).filter((batch_no) => !named.has(batch_no));
  return [...own, ...roots, ...itemsOf(sql, calls, ACTIVE)].sort((a, b) => a.first - b.first);
}

/** What waits for its turn, by id: not what runs, nor its chain. */
export function exceptCurrent(sql: Sql, scope: Scope): ItemRange[] {
  const calls = openCalls(sql);
  const kept = currentRoots(sql, scope, calls);
  const running = new Set(calls.filter((call) => kept.has(call.root_item_id)).map((call) => call.batch_no));
  const others = batchesIn(sql, scope, ACTIVE).filter((batch_no) => !running.has(batch_no));
  return without(itemsOf(sql, others, IDLE), kept);
}

/**
 * Roots of the chains in which something runs. Between two items of a chain nothing does: when the scope has nothing
 * that runs, the chain whose child comes next is the current one.
 */
function currentRoots(sql: Sql, { user_id }: Scope, calls: readonly OpenCall[]): Set<number> {
  if (calls.length === 0) return new Set();
  const running = sql.all<{ root_item_id: number | null }>(
    `SELECT DISTINCT links.root_item_id FROM items INDEXED BY items_leased JOIN batches USING (batch_no)
     LEFT JOIN item_links AS links ON links.item_id = items.item_id
     WHERE runner_no IS NOT NULL AND status = 'in_progress' AND (?1 IS NULL OR user_id = ?1)`,
    user_id,
  );
  const roots = running.length > 0 ? running.map((row) => row.root_item_id) : [nextChild(sql, user_id, calls)];
  return new Set(roots.filter((root) => root !== null));
}

/** The root of the pending child that runs first; one that a runner holds already is nearly running. */
function nextChild(sql: Sql, user_id: string | null, calls: readonly OpenCall[]): number | null {
  const own = calls.filter((call) => user_id === null || call.user_id === user_id);
  const heads = sql.each<{ batch_no: number; leased: number; lane: number; priority: number; place: number }>(
    `SELECT batch_no, leased, lane, priority, place FROM (
       SELECT items.batch_no, items.runner_no IS NOT NULL AS leased, backlogs.lane, items.priority, ${PLACE} AS place,
         ROW_NUMBER() OVER (PARTITION BY items.batch_no ORDER BY items.runner_no IS NULL, items.priority DESC, ${PLACE}) AS nth
       FROM json_each(?1) CROSS JOIN batches ON batches.batch_no = value CROSS JOIN items
         ON items.item_id BETWEEN first_item_id AND first_item_id + enqueued - 1
       JOIN backlogs ON backlogs.backlog_no = items.backlog_no
       WHERE items.status = 'pending') WHERE nth = 1`,
    own.map((call) => call.batch_no),
  );
  const [first] = heads.sort(
    (a, b) => b.leased - a.leased || b.lane - a.lane || b.priority - a.priority || a.place - b.place,
  );
  return own.find((call) => call.batch_no === first?.batch_no)?.root_item_id ?? null;
}
