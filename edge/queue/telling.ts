/**
 * What one fact says: to whom it belongs, and its payload in full and redacted, built from the fact, the batch, the
 * item's row and its invocation rows.
 */
import { EVENTS, type EventName } from '../../contract/event/registry.ts';
import { timestamp } from '../../contract/names.ts';
import type { ItemError, ItemSummary } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueStatus } from '../../contract/queue/queue.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { type Fact, type LogRow, noCounts, statusCounts } from './fact.ts';
import { ITEM_VIEW, type ItemViewRow, itemFacts, itemIndex } from './item-view.ts';
import { redact } from './redact.ts';
import { sourceOf } from './session-id.ts';
import type { Sql } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** Facts with a share for each owner; render.ts tells them. */
export type SharedFact = Extract<Fact, ['canceled' | 'pruned' | 'retried', ...unknown[]]>;

/** What one fact says: to whom it belongs, and its payload in full and redacted. */
export interface Telling {
  name: EventName;
  /** null: everybody may see it whole. */
  user_id: string | null;
  item_id?: number;
  batch_id?: string;
  /** It concerns items without naming them, so that every filter lets it pass. */
  unfiltered?: true;
  full: () => object;
  /** null: others do not get it. */
  redacted: ((full: object) => object) | null;
}

interface InvocationRow {
  item_id: number;
  invocation_id: string;
  result: string | null;
  error: string | null;
  seconds: number;
  cached: number;
}

type ItemFacts = Omit<ItemSummary, 'field_values'>;

/** What facts refer to. */
export interface Rows {
  items: Map<number, { row: ItemViewRow; facts: ItemFacts }>;
  /** By item and invocation id. */
  invocations: Map<string, InvocationRow>;
}

function itemRows({ sql, batches, queue_id }: QueueContext, facts: readonly Fact[]): Rows['items'] {
  const ids = new Set<number>();
  for (const fact of facts)
    if (
      fact[0] === 'status' ||
      fact[0] === 'started' ||
      fact[0] === 'complete' ||
      fact[0] === 'error' ||
      fact[0] === 'moved' ||
      fact[0] === 'lease_expired'
    )
      ids.add(fact[1]);
  const rows = sql.each<ItemViewRow>(`${ITEM_VIEW} WHERE items.item_id IN (SELECT value FROM json_each(?1))`, [...ids]);
  return new Map(rows.map((row) => [row.item_id, { row, facts: itemFacts(queue_id, batches, row) }]));
}

/** What the facts of one transaction refer to, read at once. */
export function readRows(source: QueueContext, facts: readonly Fact[]): Rows {
  return { items: itemRows(source, facts), invocations: invocationRows(source.sql, facts) };
}

function invocationRows(sql: Sql, facts: readonly Fact[]): Rows['invocations'] {
  const wanted = facts.flatMap((fact) => (fact[0] === 'complete' || fact[0] === 'error' ? [[fact[1], fact[3]]] : []));
  const rows = sql.each<InvocationRow>(
    `SELECT item_id, invocation_id, result, error, seconds, cached FROM json_each(?1) AS wanted
     JOIN invocations ON item_id = wanted.value->>0 AND invocation_id = wanted.value->>1`,
    wanted,
  );
  return new Map(rows.map((row) => [`${row.item_id} ${row.invocation_id}`, row]));
}

/** null for a fact whose rows were deleted meanwhile: its number stays, but nobody can be told more. */
export function tell(source: QueueContext, row: LogRow, fact: Exclude<Fact, SharedFact>, rows: Rows): Telling | null {
  const { sql, batches } = source;
  switch (fact[0]) {
    case 'batch':
      return tellBatch(source, fact[1]);
    case 'cleared': {
      const [, user_id] = fact;
      const full = () => EVENTS.queue_cleared.build(user_id);
      const redacted = () => EVENTS.queue_cleared.build('redacted');
      return { name: 'queue_cleared', user_id, unfiltered: true, full, redacted };
    }
    case 'paused':
      return { name: 'queue_paused', user_id: null, full: () => EVENTS.queue_paused.build(), redacted: null };
    case 'resumed':
      return { name: 'queue_resumed', user_id: null, full: () => EVENTS.queue_resumed.build(), redacted: null };
    case 'runner_connected':
      return { name: fact[0], user_id: null, full: () => EVENTS.runner_connected.build(fact[2]), redacted: null };
    case 'runner_lost':
      return { name: fact[0], user_id: null, full: () => EVENTS.runner_lost.build(fact[3], fact[2]), redacted: null };
  }
  const item = rows.items.get(fact[1]);
  const batch = batches.row(fact[2]);
  if (!item || !batch) return null;
  const { facts } = item;
  const about = { user_id: facts.user_id, item_id: facts.item_id, batch_id: facts.batch_id };
  switch (fact[0]) {
    case 'status':
      return {
        name: 'queue_item_status_changed',
        ...about,
        full: () => statusPayload(row, fact, facts),
        redacted: redact,
      };
    case 'moved':
      return {
        name: 'queue_item_moved',
        ...about,
        full: () => EVENTS.queue_item_moved.build(facts, fact[3]),
        redacted: null,
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
    invocation: batches.nodeOf(
      batches.of(batch.batch_no),
      itemIndex(item.row, batch.first_item_id),
      invocation_source_id,
    ),
  });
  if (fact[0] === 'started')
    return {
      name: 'invocation_started',
      ...about,
      full: () => EVENTS.invocation_started.build(facts, identity()),
      redacted: null,
    };
  const record = rows.invocations.get(`${fact[1]} ${invocation_id}`);
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

function tellBatch({ sql }: QueueContext, batch_no: number): Telling | null {
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
    redacted: redact,
  };
}

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
      started_at: status_sequence === 0 ? null : item.started_at,
      completed_at: isFinal(status) ? at : null,
      error_type: failed ? item.error_type : null,
      error_message: failed ? item.error_message : null,
      error_traceback: failed ? item.error_traceback : null,
    },
    queue_status,
    batch_status,
  );
}
