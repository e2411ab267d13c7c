/** The state of a queue at one sequence, for a client that missed what the log no longer has (D4). */
import type { StreamSnapshot } from '../../contract/event/stream.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { maySee, type Principal } from '../../contract/store/key.ts';
import { valuesLength } from './batches.ts';
import { ITEM_VIEW, type ItemViewRow, itemSummary, VISIBLE } from './item-view.ts';
import { redact } from './redact.ts';
import type { Filter } from './render.ts';
import { batchStatus, queueStatus } from './status.ts';
import type { SqlValue } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** Items in a snapshot, and characters of their values; a client that wants more reads the list. */
const ITEMS_MAX = 500;
const VALUES_LENGTH_MAX = 512 * 1024;

export function snapshot(source: QueueContext, principal: Principal, filter: Filter, sequence: number): StreamSnapshot {
  const { batches, queue_id } = source;
  const { queue, processor } = queueStatus(source, principal);
  const rows = rowsOf(source, principal, filter);
  const items: ItemSummary[] = [];
  let length = 0;
  for (const row of rows.slice(0, ITEMS_MAX)) {
    const item = itemSummary(queue_id, batches, row);
    const shown = maySee(principal, item.user_id) ? item : redact(item);
    length += valuesLength(shown.field_values);
    if (length > VALUES_LENGTH_MAX && items.length > 0) break;
    items.push(shown);
  }
  return {
    name: 'snapshot',
    sequence,
    paused: !processor.is_started,
    queue_status: queue,
    items,
    items_truncated: items.length < rows.length,
    batch_status: filter.batch_id === undefined ? null : batchStatus(source, principal, filter.batch_id),
  };
}

/** By the index of leases, however many items there are. */
const LEASED = 'items.item_id IN (SELECT item_id FROM items INDEXED BY items_leased WHERE runner_no IS NOT NULL)';

/** The filtered item; or what is leased or in progress, of the filtered batch or of all. */
function rowsOf({ sql }: QueueContext, principal: Principal, { item_id, batch_id }: Filter): ItemViewRow[] {
  const conditions: string[] = [VISIBLE];
  const values: SqlValue[] = [];
  if (item_id === undefined) conditions.push(LEASED);
  else {
    conditions.push('items.item_id = ?');
    values.push(item_id);
  }
  if (batch_id !== undefined) {
    const batch = sql.get<{ batch_no: number; user_id: string }>(
      'SELECT batch_no, user_id FROM batches WHERE batch_id = ?',
      batch_id,
    );
    // Which items a batch has is its owner's business, as in the events that follow.
    if (!batch || !maySee(principal, batch.user_id)) return [];
    conditions.push('items.batch_no = ?');
    values.push(batch.batch_no);
  }
  return sql.all<ItemViewRow>(
    `${ITEM_VIEW} WHERE ${conditions.join(' AND ')} ORDER BY items.item_id LIMIT ?`,
    ...values,
    ITEMS_MAX + 1,
  );
}
