/** Progress: from a runner's socket to its item's owner, ephemeral, never in SQLite. */
import { EVENTS, type EventName } from '../../contract/event/registry.ts';
import type { RunnerReport } from '../../contract/runner/socket.ts';
import { ITEM_VIEW, type ItemViewRow, itemFacts, itemIndex } from './item-view.ts';
import { type Filter, frameTail, type Viewer } from './render.ts';
import { sourceOf } from './session-id.ts';
import type { QueueContext } from './turn.ts';

export interface EphemeralEvent {
  user_id: string;
  item_id: number;
  batch_id: string;
  /** Only the newest of an item's matters. */
  is_progress: boolean;
  /** The whole frame: ephemeral events have no numbers. */
  text: string;
}

/** The event that a report becomes; null when its lease has ended, so that a late report says nothing wrong. */
export function progressEvent(
  source: QueueContext,
  runner_no: number,
  report: RunnerReport,
  now: number,
): EphemeralEvent | null {
  const { sql, batches, queue_id } = source;
  const row = sql.get<ItemViewRow>(`${ITEM_VIEW} WHERE items.item_id = ?`, report.item_id);
  if (!row || row.runner_no !== runner_no || row.fence !== report.fence || row.token !== report.token) return null;
  const batch = batches.batch(row.batch_no);
  if (!batch) return null;
  const item = itemFacts(queue_id, batches, row);
  const { user_id, item_id, batch_id } = item;
  const about = { user_id, item_id, batch_id, is_progress: report.report === 'progress' };
  const text = (name: EventName, payload: object) => `{${frameTail(name, now, queue_id, payload)}`;
  if (report.report !== 'progress')
    return { ...about, text: text(report.report, EVENTS[report.report].build(item, report)) };
  const invocation_source_id = sourceOf(report.invocation_id);
  const invocation = batches.node(batch, itemIndex(row, batch.row.first_item_id), invocation_source_id);
  if (!invocation) return null;
  const payload = EVENTS.invocation_progress.build(
    item,
    { invocation_id: report.invocation_id, invocation_source_id, invocation },
    { message: report.message, percentage: report.percentage, image: report.image, device: item.device },
  );
  return { ...about, text: text('invocation_progress', payload) };
}

/** Progress is the owner's alone, admins included only when they own it, as in the anchor (§5.3). */
export const wantsProgress = (event: EphemeralEvent, viewer: Viewer, filter: Filter): boolean =>
  viewer.user_id === event.user_id &&
  (filter.item_id === undefined || filter.item_id === event.item_id) &&
  (filter.batch_id === undefined || filter.batch_id === event.batch_id);
