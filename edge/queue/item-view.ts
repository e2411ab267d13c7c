/** Items as their owners see them; what others see of them is redact.ts's. */
import { timestamp } from '../../contract/names.ts';
import type { ItemError, ItemSummary } from '../../contract/queue/item.ts';
import type { Batches } from './batches.ts';
import { ITEM_STATE, type ItemStateRow } from './items.ts';
import { sessionId } from './session-id.ts';

export type ItemViewRow = ItemStateRow & {
  priority: number;
  retried_from_item_id: number | null;
  parent_item_id: number | null;
  root_item_id: number | null;
  workflow_call_id: string | null;
  workflow_call_depth: number | null;
};

/** The query of such rows, up to its WHERE; it finds removed items too, of which only the event log may speak. */
export const ITEM_VIEW = `SELECT ${ITEM_STATE}, items.priority, links.retried_from_item_id, links.parent_item_id,
  links.root_item_id, links.workflow_call_id, links.workflow_call_depth
  FROM items JOIN batches USING (batch_no)
  LEFT JOIN item_links AS links ON links.item_id = items.item_id`;

/** What every read of items asks for besides. */
export const VISIBLE = 'items.deleted IS NULL';

const iso = (ms: number | null): string | null => (ms === null ? null : timestamp(ms));

export const itemIndex = (row: { item_id: number; batch_index: number | null }, first_item_id: number): number =>
  row.batch_index ?? row.item_id - first_item_id;

/** Everything but the substitutions, which cost a look into the batch's values. */
export function itemFacts(queue_id: string, batches: Batches, row: ItemViewRow): Omit<ItemSummary, 'field_values'> {
  const batch = batches.rowOf(row.batch_no);
  const error = row.error === null ? null : (JSON.parse(row.error) as ItemError);
  return {
    queue_id,
    item_id: row.item_id,
    batch_id: batch.batch_id,
    session_id: sessionId(queue_id, row.item_id),
    origin: batch.origin,
    destination: batch.destination,
    user_id: batch.user_id,
    status: row.status,
    status_sequence: row.status_sequence,
    priority: row.priority,
    created_at: timestamp(batch.created_at),
    updated_at: timestamp(row.updated_at ?? batch.created_at),
    started_at: iso(row.started_at),
    completed_at: iso(row.completed_at),
    device: row.device,
    attempts: row.starts,
    error_type: error?.error_type ?? null,
    error_message: error?.error_message ?? null,
    error_traceback: error?.error_traceback ?? null,
    // A retry runs when it is asked for: the batch's times are those of its first run.
    start_after: iso(row.batch_index === null ? batch.start_after : null),
    deadline: iso(row.batch_index === null ? batch.deadline : null),
    retried_from_item_id: row.retried_from_item_id,
    workflow_call_id: row.workflow_call_id,
    parent_item_id: row.parent_item_id,
    parent_session_id: row.parent_item_id === null ? null : sessionId(queue_id, row.parent_item_id),
    root_item_id: row.root_item_id,
    workflow_call_depth: row.workflow_call_depth,
  };
}

export function itemSummary(queue_id: string, batches: Batches, row: ItemViewRow): ItemSummary {
  const { first_item_id } = batches.rowOf(row.batch_no);
  return {
    ...itemFacts(queue_id, batches, row),
    field_values: batches.values(row.batch_no, itemIndex(row, first_item_id)),
  };
}
