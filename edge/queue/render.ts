/**
 * From the log's compact facts to the frames that clients receive: rendered when somebody reads them, once for all who
 * see the same. Owner and admin see an event whole; others a redacted companion, or nothing (anchor §5.3).
 */
import type { Retry } from '../../contract/event/queue-items-retried.ts';
import { EVENTS, type EventName } from '../../contract/event/registry.ts';
import { timestamp } from '../../contract/names.ts';
import type { Fact, LogRow } from './fact.ts';
import type { Sql } from './storage.ts';
import { type Rows, readRows, type SharedFact, type Telling, tell } from './telling.ts';
import type { QueueContext } from './turn.ts';

export interface Viewer {
  user_id: string;
  admin: boolean;
}

export interface Filter {
  item_id?: number;
  batch_id?: string;
}

/** One event, not yet for anybody in particular. */
export interface RenderedEvent {
  sequence: number;
  /** JSON of the frame without its opening brace, `sequence` and `prev`; null when this viewer does not get it. */
  text(viewer: Viewer, filter: Filter): string | null;
}

/** A fact with the number of its event, and the row that it stands in. */
export interface NumberedFact {
  row: LogRow;
  fact: Fact;
  sequence: number;
}

/** The events of one transaction, in order. */
export const render = (source: QueueContext, row: LogRow): RenderedEvent[] =>
  renderFacts(
    source,
    row.body.facts.map((fact, index) => ({ row, fact, sequence: row.sequence - row.count + 1 + index })),
  );

/** Events in order; what they refer to is read at once. */
export function renderFacts(source: QueueContext, facts: readonly NumberedFact[]): RenderedEvent[] {
  const read = readRows(
    source,
    facts.map(({ fact }) => fact),
  );
  return facts.map(({ row, fact, sequence }) =>
    tellable(sequence, () => renderFact(source, row, fact, sequence, read)),
  );
}

/** An event whose rows cannot be read is left out and told of in the log: it must not end every stream that comes to it. */
function tellable(sequence: number, rendered: () => RenderedEvent): RenderedEvent {
  const orNothing = <T>(tell: () => T, nothing: T): T => {
    try {
      return tell();
    } catch (error) {
      console.error(
        JSON.stringify({ level: 'error', message: 'an event cannot be told', sequence, error: String(error) }),
      );
      return nothing;
    }
  };
  const event = orNothing(rendered, { sequence, text: () => null });
  return { sequence, text: (viewer, filter) => orNothing(() => event.text(viewer, filter), null) };
}

function renderFact(source: QueueContext, row: LogRow, fact: Fact, sequence: number, read: Rows): RenderedEvent {
  if (fact[0] === 'canceled' || fact[0] === 'pruned' || fact[0] === 'retried')
    return renderShared(source, row, sequence, fact);
  const telling = tell(source, row, fact, read);
  if (!telling) return { sequence, text: () => null };
  const { name, user_id, redacted } = telling;
  const text = (payload: object) => frameTail(name, row.at, source.queue_id, payload);
  const forOwner = once(() => text(telling.full()));
  const forOthers = once(() => (redacted ? text(redacted(telling.full())) : null));
  return {
    sequence,
    text(viewer, filter) {
      if (!matches(telling, viewer, filter)) return null;
      return owns(viewer, user_id) ? forOwner() : forOthers();
    },
  };
}

const isFiltering = ({ item_id, batch_id }: Filter): boolean => item_id !== undefined || batch_id !== undefined;

/** Whether the event can matter to the filter, told from the fact alone: most of a long log need not be read. */
export function concerns({ batches }: QueueContext, fact: Fact, filter: Filter): boolean {
  if (!isFiltering(filter)) return true;
  const { item_id, batch_id } = filter;
  const isOf = (batch_no: number) => batch_id === undefined || batches.row(batch_no)?.batch_id === batch_id;
  switch (fact[0]) {
    case 'cleared':
      return true;
    case 'batch':
      return item_id === undefined && isOf(fact[1]);
    case 'canceled':
    case 'pruned':
      return fact[1].some(
        ([batch_no, first, last]) => (item_id === undefined || (first <= item_id && item_id <= last)) && isOf(batch_no),
      );
    case 'retried':
      return fact[1].some(
        ([batch_no, retried, made]) =>
          (item_id === undefined || item_id === retried || item_id === made) && isOf(batch_no),
      );
    case 'status':
    case 'moved':
    case 'started':
    case 'complete':
    case 'error':
    case 'lease_expired':
      return (item_id === undefined || item_id === fact[1]) && isOf(fact[2]);
    default:
      return false;
  }
}

/** Computes at the first call only: most events have no viewer, or a thousand. */
function once<T>(compute: () => T): () => T {
  let kept: { value: T } | null = null;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

/** The frame after its numbers: `"name":…,…}`. */
export const frameTail = (name: EventName, at: number, queue_id: string, payload: object): string =>
  JSON.stringify({ name, timestamp: timestamp(at), queue_id, ...payload }).slice(1);

const owns = (viewer: Viewer, user_id: string | null): boolean =>
  user_id === null || viewer.admin || viewer.user_id === user_id;

function matches(telling: Telling, viewer: Viewer, filter: Filter): boolean {
  if (telling.unfiltered) return true;
  if (filter.item_id !== undefined && telling.item_id !== filter.item_id) return false;
  // Whether a batch exists is its owner's business: a filter by batch shows others nothing.
  return filter.batch_id === undefined || (telling.batch_id === filter.batch_id && owns(viewer, telling.user_id));
}

/** One event with a share for each owner: an admin sees all, an owner their own, others that something happened. */
function renderShared({ sql, queue_id }: QueueContext, row: LogRow, sequence: number, fact: SharedFact): RenderedEvent {
  const texts = new Map<string, string | null>();
  const batches = once(() => batchesOf(sql, fact));
  const build = (viewer: Viewer, filter: Filter): string | null => {
    const isFor = (batch_no: number): string | null => {
      const batch = batches().get(batch_no);
      if (!batch || !owns(viewer, batch.user_id)) return null;
      return filter.batch_id === undefined || filter.batch_id === batch.batch_id ? batch.user_id : null;
    };
    const { size, name, payload } = shareOf(fact, isFor, filter.item_id);
    return isFiltering(filter) && size === 0 ? null : frameTail(name, row.at, queue_id, payload);
  };
  return {
    sequence,
    text(viewer, filter) {
      const key = JSON.stringify([viewer.admin || viewer.user_id, filter]);
      if (!texts.has(key)) texts.set(key, build(viewer, filter));
      return texts.get(key) ?? null;
    },
  };
}

/** The batches that a fact names, read at once: it may name very many. */
function batchesOf(sql: Sql, fact: SharedFact): Map<number, { batch_id: string; user_id: string }> {
  const rows = sql.each<{ batch_no: number; batch_id: string; user_id: string }>(
    'SELECT batch_no, batch_id, user_id FROM json_each(?1) JOIN batches ON batch_no = value',
    [...new Set(fact[1].map(([batch_no]) => batch_no))],
  );
  return new Map(rows.map((batch) => [batch.batch_no, batch]));
}

/** What a viewer sees of the fact: `ownerOf` names the owner of a batch that the viewer may see. */
function shareOf(
  fact: SharedFact,
  ownerOf: (batch_no: number) => string | null,
  item_id: number | undefined,
): { size: number; name: EventName; payload: object } {
  if (fact[0] === 'retried') {
    const retries = new Map<string, Retry[]>();
    for (const [batch_no, retried_item_id, new_item_id] of fact[1]) {
      const owner = ownerOf(batch_no);
      if (owner === null || (item_id !== undefined && item_id !== retried_item_id && item_id !== new_item_id)) continue;
      add(retries, owner, { retried_item_id, new_item_id });
    }
    return { size: retries.size, name: 'queue_items_retried', payload: EVENTS.queue_items_retried.build(retries) };
  }
  const ids = new Map<string, number[]>();
  for (const [batch_no, first, last] of fact[1]) {
    const owner = ownerOf(batch_no);
    if (owner === null) continue;
    for (let id = first; id <= last; id++) if (item_id === undefined || item_id === id) add(ids, owner, id);
  }
  return fact[0] === 'pruned'
    ? { size: ids.size, name: 'queue_items_pruned', payload: EVENTS.queue_items_pruned.build(ids) }
    : { size: ids.size, name: 'queue_items_canceled', payload: EVENTS.queue_items_canceled.build(ids) };
}

function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
