/** Events that concern many items at once: what of them is the viewer's own, and what that does to what is known. @pure */
import type { Envelope, EventName, EventPayload } from '../../contract/event/registry.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { readCounts } from './counts.ts';
import { finished, isFinished, without } from './gallery.ts';
import { changeStatus } from './item-state.ts';
import { type Ranges, rangesOf } from './number-ranges.ts';
import type { ItemState } from './queue-state.ts';
import { aborted } from './reads.ts';
import { ownIds, scopeOf } from './scope.ts';
import type { Turn } from './turn.ts';

type Event<Name extends EventName> = Pick<Envelope<Name>, 'timestamp'> & EventPayload<Name>;

/** Whose ids an event does not tell is told as "some". */
const staleIds = (ids: readonly number[]): readonly number[] | 'all' => (ids.length > 0 ? ids : 'all');

export function itemsCanceled(turn: Turn, event: Event<'queue_items_canceled'>, sequence: number): void {
  turn.tell({ type: 'stale', item_ids: staleIds(event.canceled_item_ids) });
  const unknown: number[] = [];
  for (const item_id of ownIds(turn.state, event.canceled_item_ids_by_user)) {
    const item = turn.item(item_id);
    if (item === undefined) unknown.push(item_id);
    else if (!isFinal(item.status)) canceled(turn, item, event.timestamp, sequence);
  }
  // Of what has never run nothing was recorded.
  endUnheard(turn, unknown, 'canceled');
  turn.gallery((gallery) => finished(gallery, rangesOf(unknown)));
  readCounts(turn);
}

const canceled = (turn: Turn, item: ItemState, completed_at: string, sequence: number): void =>
  changeStatus(turn, { ...item, completed_at }, 'canceled', item.status_sequence + 1, sequence);

export function itemsPruned(turn: Turn, event: EventPayload<'queue_items_pruned'>): void {
  turn.tell({ type: 'stale', item_ids: staleIds(event.pruned_item_ids) });
  itemsGone(turn, ownIds(turn.state, event.pruned_item_ids_by_user));
  readCounts(turn);
}

/** The service has them no more. */
export function itemsGone(turn: Turn, item_ids: readonly number[]): void {
  const unknown: number[] = [];
  for (const item_id of item_ids) {
    const item = turn.item(item_id);
    if (item === undefined) {
      unknown.push(item_id);
      continue;
    }
    aborted(turn, item);
    turn.remove(item_id);
    if (!isFinal(item.status)) turn.tell({ type: 'ended', item_id, origin: item.origin, status: null });
  }
  endUnheard(turn, unknown, null);
  turn.gallery((gallery) => without(gallery, rangesOf(item_ids)));
}

/** Whoever waits for an item need not wait, also when nothing else was ever heard of it. */
function endUnheard(turn: Turn, item_ids: readonly number[], status: 'canceled' | null): void {
  const { gallery } = turn.state;
  for (const item_id of item_ids)
    if (!turn.wasLeft(item_id) && item_id > (gallery.floor ?? 0) && !isFinished(gallery, item_id))
      turn.tell({ type: 'ended', item_id, origin: null, status });
}

export function itemsRetried(turn: Turn, event: EventPayload<'queue_items_retried'>): void {
  turn.tell({ type: 'stale', item_ids: staleIds([...event.retried_item_ids, ...event.new_item_ids]) });
  readCounts(turn);
}

export function queueCleared(turn: Turn, event: Event<'queue_cleared'>, sequence: number): void {
  turn.tell({ type: 'stale', item_ids: 'all' });
  if (event.user_id === null ? turn.state.viewer !== null : scopeOf(turn.state.viewer, event.user_id) === 'own')
    allCleared(turn, event.timestamp, sequence);
  readCounts(turn);
}

/** Everything of the viewer's is gone: what was known stays as it ended, so that what comes late is known for that. */
function allCleared(turn: Turn, timestamp: string, sequence: number): void {
  for (const item of turn.state.items.values()) {
    // Nobody can read it any more.
    const known = { ...aborted(turn, item), whole: true, doubtful: false };
    if (isFinal(item.status)) turn.keep(known);
    else canceled(turn, known, timestamp, sequence);
  }
  const { items, gallery } = turn.state;
  const ids = [...items.keys(), ...gallery.open.keys(), ...gallery.entries.map((entry) => entry.item_id)];
  const gone: Ranges = rangesOf(ids);
  turn.gallery((now) => without(now, gone));
  turn.set({ batches: new Map(), left: new Set() });
}
