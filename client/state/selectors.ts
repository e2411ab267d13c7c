/** What a page asks of a queue's state. Everything is derived, so that nothing can be left standing. @pure */
import { isFinal } from '../../contract/queue/status.ts';
import { isActive } from './counts.ts';
import type { ItemState, NodeState, QueueState } from './queue-state.ts';

/** Absent: any. null: those that have none. */
export interface ItemFilter {
  origin?: string | null;
  destination?: string | null;
}

const NO_NODES: ReadonlyMap<string, NodeState> = new Map();

export const nodesOf = ({ items }: QueueState, item_id: number): ReadonlyMap<string, NodeState> =>
  items.get(item_id)?.nodes ?? NO_NODES;

const matches = (filter: ItemFilter, item: Required<ItemFilter>): boolean =>
  (filter.origin === undefined || filter.origin === item.origin) &&
  (filter.destination === undefined || filter.destination === item.destination);

/** Own items that are known and not final, oldest first. */
export const activeItems = ({ items }: QueueState, filter: ItemFilter = {}): ItemState[] =>
  [...items.values()]
    .filter((item) => !isFinal(item.status) && matches(filter, item))
    .sort((one, other) => one.item_id - other.item_id);

/** Whether something of the viewer's still has to end there. */
export const isBusy = (state: QueueState, filter: ItemFilter = {}): boolean =>
  [...state.items.values()].some((item) => !isFinal(item.status) && matches(filter, item)) ||
  [...state.batches.values()].some(({ value }) => isActive(value) && matches(filter, value));

/**
 * The item whose nodes an editor shows: the newest that runs, else the last that ended, of those that no workflow call
 * made.
 */
export function shownItem({ items }: QueueState, filter: ItemFilter = {}): ItemState | null {
  let shown: ItemState | null = null;
  for (const item of items.values()) {
    const hasRun = item.status !== 'pending' || item.nodes.size > 0;
    if (item.is_child === true || !hasRun || !matches(filter, item)) continue;
    if (shown === null || comesBefore(item, shown)) shown = item;
  }
  return shown;
}

function comesBefore(item: ItemState, other: ItemState): boolean {
  const [runs, otherRuns] = [!isFinal(item.status), !isFinal(other.status)];
  if (runs !== otherRuns) return runs;
  const [ended, otherEnded] = [item.completed_at ?? '', other.completed_at ?? ''];
  if (!runs && ended !== otherEnded) return ended > otherEnded;
  return item.item_id > other.item_id;
}

export interface ItemProgress {
  completed: number;
  failed: number;
  in_progress: number;
  /** The node that runs, the last to start of several. */
  node: NodeState | null;
}

/** null for an item that is not known. */
export function progressOf({ items }: QueueState, item_id: number): ItemProgress | null {
  const item = items.get(item_id);
  if (item === undefined) return null;
  const progress: ItemProgress = { completed: 0, failed: 0, in_progress: 0, node: null };
  for (const node of item.nodes.values()) {
    progress.completed += node.completed;
    progress.failed += node.failed;
    progress.in_progress += node.in_progress;
    if (node.status === 'in_progress') progress.node = node;
  }
  return progress;
}

/** Own items ended of which not everything was heard yet: what is kept now lacks some of their results. */
export const isBehind = ({ items }: QueueState): boolean =>
  [...items.values()].some((item) => isFinal(item.status) && !item.whole);
