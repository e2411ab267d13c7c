/**
 * From the log's compact facts to the events that clients see. Payloads are built when somebody reads them, from
 * the fact, the batch, the item's row and its invocation rows. Owner and admin see an event whole; others see a
 * redacted companion, or nothing (anchor §5.3).
 */
import { EVENTS, type EventName } from '../../contract/event/registry.ts';
import { timestamp } from '../../contract/names.ts';
import type { ItemError } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueStatus } from '../../contract/queue/queue.ts';
import { isFinal, STATUS_NAMES, type StatusCounts } from '../../contract/queue/status.ts';
import type { Batches } from './batches.ts';
import { type CountIndex, type Counts, type Fact, type LogRow, noCounts } from './fact.ts';
import { ITEM_VIEW, type ItemViewRow, itemFacts, itemIndex } from './item-view.ts';
import { sourceOf } from './session-id.ts';
import type { Sql } from './storage.ts';

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

export interface Source {
  sql: Sql;
  batches: Batches;
  queue_id: string;
}

/** What one fact says: to whom it belongs, and its payload in full and redacted. */
interface Telling {
  name: EventName;
  /** null: everybody may see it whole. */
  user_id: string | null;
  item_id?: number;
  batch_id?: string;
  full: () => object;
  /** null: others do not get it. */
  redacted: ((full: object) => object) | null;
}

export const statusCounts = (counts: Counts): StatusCounts => {
  const named = Object.fromEntries(STATUS_NAMES.map((status, index) => [status, counts[index as CountIndex]]));
  return { ...named, total: counts.reduce((sum, count) => sum + count, 0) } as StatusCounts;
};

export function render(source: Source, row: LogRow): RenderedEvent[] {
  const { facts } = row.body;
  const rows = itemRows(source.sql, facts);
  const first = row.sequence - row.count + 1;
  return facts.map((fact, index) => {
    const sequence = first + index;
    if (fact[0] === 'canceled') return renderCanceled(source, row, sequence, fact[1]);
    const telling = tell(source, row, fact, rows);
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
  });
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
  if (filter.item_id !== undefined && telling.item_id !== filter.item_id) return false;
  // Whether a batch exists is its owner's business: a filter by batch shows others nothing.
  return filter.batch_id === undefined || (telling.batch_id === filter.batch_id && owns(viewer, telling.user_id));
}

function itemRows(sql: Sql, facts: readonly Fact[]): Map<number, ItemViewRow> {
  const ids = new Set<number>();
  for (const fact of facts)
    if (
      fact[0] === 'status' ||
      fact[0] === 'started' ||
      fact[0] === 'complete' ||
      fact[0] === 'error' ||
      fact[0] === 'lease_expired'
    )
      ids.add(fact[1]);
  const rows = sql.each<ItemViewRow>(`${ITEM_VIEW} WHERE items.item_id IN (SELECT value FROM json_each(?1))`, [...ids]);
  return new Map(rows.map((row) => [row.item_id, row]));
}

/** null for a fact whose rows were deleted meanwhile: its number stays, but nobody can be told more. */
function tell(
  source: Source,
  row: LogRow,
  fact: Exclude<Fact, ['canceled', ...unknown[]]>,
  rows: Map<number, ItemViewRow>,
): Telling | null {
  const { sql, batches } = source;
  switch (fact[0]) {
    case 'batch':
      return tellBatch(source, fact[1]);
    case 'runner_connected':
    case 'runner_lost': {
      const runner = sql.get<{ runner_id: string; name: string; devices: string }>(
        'SELECT runner_id, name, devices FROM runners WHERE runner_no = ?',
        fact[1],
      );
      if (!runner) return null;
      const devices = (JSON.parse(runner.devices) as { id: string }[]).map((device) => device.id);
      const full =
        fact[0] === 'runner_lost'
          ? () => EVENTS.runner_lost.build(runner, fact[2])
          : () => EVENTS.runner_connected.build({ ...runner, devices });
      return { name: fact[0], user_id: null, full, redacted: null };
    }
  }
  const item = rows.get(fact[1]);
  const batch = batches.batch(fact[2]);
  if (!item || !batch) return null;
  const facts = itemFacts(source.queue_id, batches, item);
  const about = { user_id: facts.user_id, item_id: facts.item_id, batch_id: facts.batch_id };
  switch (fact[0]) {
    case 'status':
      return {
        name: 'queue_item_status_changed',
        ...about,
        full: () => statusPayload(row, fact, facts),
        redacted: redactStatus,
      };
    case 'lease_expired': {
      const runner_id =
        sql.get<{ runner_id: string }>('SELECT runner_id FROM runners WHERE runner_no = ?', fact[4])?.runner_id ?? '';
      return {
        name: 'lease_expired',
        ...about,
        full: () => EVENTS.lease_expired.build(facts, { fence: fact[3], runner_id }),
        redacted: null,
      };
    }
  }
  const invocation_id = fact[3];
  const invocation_source_id = sourceOf(invocation_id);
  const identity = () => ({
    invocation_id,
    invocation_source_id,
    invocation: batches.nodeOf(batch, itemIndex(item, batch.row.first_item_id), invocation_source_id),
  });
  if (fact[0] === 'started')
    return {
      name: 'invocation_started',
      ...about,
      full: () => EVENTS.invocation_started.build(facts, identity()),
      redacted: null,
    };
  const record = sql.get<{ result: string | null; error: string | null; seconds: number; cached: number }>(
    'SELECT result, error, seconds, cached FROM invocations WHERE item_id = ? AND invocation_id = ?',
    fact[1],
    invocation_id,
  );
  if (!record) return null;
  if (fact[0] === 'error')
    return {
      name: 'invocation_error',
      ...about,
      full: () => EVENTS.invocation_error.build(facts, identity(), JSON.parse(record.error ?? '{}') as ItemError),
      redacted: null,
    };
  return {
    name: 'invocation_complete',
    ...about,
    full: () =>
      EVENTS.invocation_complete.build(facts, identity(), {
        result: JSON.parse(record.result ?? '{}'),
        seconds: record.seconds,
        cached: record.cached === 1,
      }),
    redacted: null,
  };
}

function tellBatch({ sql }: Source, batch_no: number): Telling | null {
  const batch = sql.get<{
    batch_id: string;
    enqueued: number;
    requested: number;
    priority: number;
    first_item_id: number;
    origin: string | null;
    destination: string | null;
    user_id: string;
  }>(
    'SELECT batch_id, enqueued, requested, priority, first_item_id, origin, destination, user_id FROM batches WHERE batch_no = ?',
    batch_no,
  );
  if (!batch) return null;
  const full = () =>
    EVENTS.batch_enqueued.build({ ...batch, first_item_id: batch.enqueued > 0 ? batch.first_item_id : null });
  return {
    name: 'batch_enqueued',
    user_id: batch.user_id,
    batch_id: batch.batch_id,
    full,
    redacted: (payload) => ({ ...payload, batch_id: 'redacted', user_id: 'redacted', origin: null, destination: null }),
  };
}

type ItemFacts = ReturnType<typeof itemFacts>;

/** The item as it was after the transaction, not as it is now: later changes have events of their own. */
function statusPayload(row: LogRow, fact: Extract<Fact, ['status', ...unknown[]]>, item: ItemFacts): object {
  const [, item_id, batch_no, status, status_sequence, device] = fact;
  const at = timestamp(row.at);
  const batchCounts = row.body.batches.find(([no]) => no === batch_no)?.[1] ?? noCounts();
  const userCounts = row.body.users.find(([user]) => user === item.user_id)?.[1];
  const current = status === 'in_progress';
  const counted = statusCounts(row.body.queue);
  const queue_status: QueueStatus = {
    ...counted,
    queue_id: item.queue_id,
    item_id: current ? item_id : null,
    session_id: current ? item.session_id : null,
    batch_id: current ? item.batch_id : null,
    user_pending: userCounts?.[0] ?? null,
    user_in_progress: userCounts?.[1] ?? null,
  };
  const batch_status: BatchStatus = {
    ...statusCounts(batchCounts),
    queue_id: item.queue_id,
    batch_id: item.batch_id,
    origin: item.origin,
    destination: item.destination,
  };
  const failed = status === 'failed';
  return EVENTS.queue_item_status_changed.build(
    {
      ...item,
      status,
      status_sequence,
      device,
      updated_at: at,
      started_at: item.started_at !== null && item.started_at <= at ? item.started_at : null,
      completed_at: isFinal(status) ? at : null,
      error_type: failed ? item.error_type : null,
      error_message: failed ? item.error_message : null,
      error_traceback: failed ? item.error_traceback : null,
    },
    queue_status,
    batch_status,
  );
}

function redactStatus(payload: object): object {
  const full = payload as { queue_status: QueueStatus; batch_status: BatchStatus };
  return {
    ...full,
    user_id: 'redacted',
    batch_id: 'redacted',
    session_id: 'redacted',
    origin: null,
    destination: null,
    error_type: null,
    error_message: null,
    error_traceback: null,
    queue_status: {
      ...full.queue_status,
      item_id: null,
      session_id: null,
      batch_id: null,
      user_pending: null,
      user_in_progress: null,
    },
    batch_status: { ...full.batch_status, batch_id: 'redacted', origin: null, destination: null },
  };
}

/** One event with a share for each owner: an admin sees all, an owner their own, others that something happened. */
function renderCanceled(
  { batches, queue_id }: Source,
  row: LogRow,
  sequence: number,
  ranges: [batch_no: number, first: number, last: number][],
): RenderedEvent {
  const texts = new Map<string, string | null>();
  const build = (viewer: Viewer, filter: Filter): string | null => {
    const byUser = new Map<string, number[]>();
    for (const [batch_no, first, last] of ranges) {
      const batch = batches.row(batch_no);
      if (!batch || !owns(viewer, batch.user_id)) continue;
      if (filter.batch_id !== undefined && filter.batch_id !== batch.batch_id) continue;
      const ids = byUser.get(batch.user_id) ?? [];
      for (let id = first; id <= last; id++) if (filter.item_id === undefined || filter.item_id === id) ids.push(id);
      if (ids.length > 0) byUser.set(batch.user_id, ids);
    }
    const filtered = filter.item_id !== undefined || filter.batch_id !== undefined;
    if (filtered && byUser.size === 0) return null;
    return frameTail('queue_items_canceled', row.at, queue_id, EVENTS.queue_items_canceled.build(byUser));
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
