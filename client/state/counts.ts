/** The counters of the queue and of own batches, each as new as the newest event that carried them. @pure */
import type { EventPayload } from '../../contract/event/registry.ts';
import type { BatchStatus, QueueAndProcessorStatus, QueueStatus } from '../../contract/queue/queue.ts';
import { isFinal, STATUS_NAMES } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';
import { BATCHES_MAX } from './queue-state.ts';
import type { Scope } from './scope.ts';
import type { Turn } from './turn.ts';

/** An admin's events of others carry those others' share: one's own stays what it was, as where there is none. */
export function countsOfEvent(turn: Turn, value: QueueStatus, scope: Scope, sequence: number): void {
  const { counts } = turn.state;
  if (counts !== null && sequence <= counts.sequence) return;
  const own = scope === 'own' ? value : { user_pending: null, user_in_progress: null };
  const user_pending = own.user_pending ?? counts?.value.user_pending ?? null;
  const user_in_progress = own.user_in_progress ?? counts?.value.user_in_progress ?? null;
  turn.set({ counts: { value: { ...value, user_pending, user_in_progress }, sequence } });
}

/** An answer is dropped when an event told more while it was on its way. */
export function statusRead(turn: Turn, asked_at: number | null, { queue, processor }: QueueAndProcessorStatus): void {
  const { counts, paused_sequence } = turn.state;
  const sequence = asked_at ?? 0;
  if (counts === null || counts.sequence <= sequence) turn.set({ counts: { value: queue, sequence } });
  if (paused_sequence <= sequence) turn.set({ paused: !processor.is_started, paused_sequence: sequence });
}

export function batchCounts(turn: Turn, value: BatchStatus, sequence: number): void {
  const known = turn.state.batches.get(value.batch_id);
  if (known && sequence < known.sequence) return;
  const batches = new Map(turn.state.batches);
  batches.delete(value.batch_id);
  batches.set(value.batch_id, { value, sequence });
  if (batches.size > BATCHES_MAX) {
    const others = [...batches.values()].map((batch) => batch.value).filter((batch) => batch !== value);
    const leaving = others.find((batch) => !isActive(batch)) ?? others[0];
    if (leaving) batches.delete(leaving.batch_id);
  }
  turn.set({ batches });
}

/** The counters of an own batch before any of its items was heard of, and where its items begin. */
export function batchEnqueued(
  turn: Turn,
  event: EventPayload<'batch_enqueued'> & { queue_id: string },
  sequence: number,
): void {
  const { queue_id, batch_id, origin, destination, enqueued, first_item_id: first } = event;
  const counts = { ...noCounts(), pending: enqueued, total: enqueued };
  if (!turn.state.batches.has(batch_id))
    batchCounts(turn, { ...counts, queue_id, batch_id, origin, destination }, sequence);
  if (first !== null) turn.gallery((gallery) => ({ ...gallery, floor: gallery.floor ?? first - 1 }));
  turn.tell({ type: 'stale', item_ids: 'all' });
  readQueueCounts(turn);
}

export function batchRead(turn: Turn, batch_id: string, asked_at: number | null, value: BatchStatus | null): void {
  const batches = new Map(turn.state.batches);
  if (value !== null) batchCounts(turn, value, asked_at ?? 0);
  else if (batches.delete(batch_id)) turn.set({ batches });
}

/** What is enqueued changes the queue's counters and no other batch's. */
export function readQueueCounts(turn: Turn): void {
  if (turn.state.live) turn.tell({ type: 'read_status' });
}

/** Events that move many items carry no counters. */
export function readCounts(turn: Turn): void {
  if (!turn.state.live) return;
  readQueueCounts(turn);
  const batch_ids = [...turn.state.batches].flatMap(([batch_id, { value }]) => (isActive(value) ? [batch_id] : []));
  if (batch_ids.length > 0) turn.tell({ type: 'read_batches', batch_ids });
}

/** Some of its items may still do something. */
export const isActive = (counts: StatusCounts): boolean =>
  STATUS_NAMES.some((status) => !isFinal(status) && counts[status] > 0);

const noCounts = (): StatusCounts => ({
  ...(Object.fromEntries(STATUS_NAMES.map((status) => [status, 0])) as Omit<StatusCounts, 'total'>),
  total: 0,
});
