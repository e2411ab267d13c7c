/** Reads of items: one with all that its session is rebuilt from, and lists by pages. */
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { InvocationRecord, ItemSummary } from '../../contract/queue/item.ts';
import type { Status } from '../../contract/queue/status.ts';
import { maySee, type Principal } from '../../contract/store/key.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { valuesLength } from './batches.ts';
import { ITEM_VIEW, type ItemViewRow, invocationRecords, itemSummary, redactItem, VISIBLE } from './item-view.ts';
import { Refusal } from './refusal.ts';
import type { Sql } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** `session` is null for those who may not see the item whole. The session itself is replayed outside the object. */
export interface ItemDetail {
  summary: ItemSummary;
  session: { graph: PinnedGraph; records: InvocationRecord[]; workflow: Record<string, unknown> | null } | null;
}

const viewRow = (sql: Sql, item_id: number): ItemViewRow => {
  const row = sql.get<ItemViewRow>(`${ITEM_VIEW} WHERE ${VISIBLE} AND items.item_id = ?`, item_id);
  if (!row) throw itemNotFound(item_id);
  return row;
};

export const itemNotFound = (item_id: number) => new Refusal('not_found', `The queue has no item ${item_id}.`);

/** The item as its owner sees it. */
export const readSummary = ({ sql, queue_id, batches }: QueueContext, item_id: number): ItemSummary =>
  itemSummary(queue_id, batches, viewRow(sql, item_id));

/** An item with what its session is rebuilt from; graph and results are left out for those who may not see them. */
export function readItem({ sql, queue_id, batches }: QueueContext, principal: Principal, item_id: number): ItemDetail {
  const row = viewRow(sql, item_id);
  const summary = itemSummary(queue_id, batches, row);
  if (!maySee(principal, row.user_id)) return { summary: redactItem(summary), session: null };
  const workflow = batches.document(row.batch_no, 'workflow');
  return {
    summary,
    session: {
      graph: batches.of(row.batch_no).graph,
      records: invocationRecords(sql, batches, row),
      workflow: workflow === null ? null : (JSON.parse(workflow) as Record<string, unknown>),
    },
  };
}

export interface ListQuery {
  /** The last item of the page before; 0 for the first page. */
  after: number;
  limit: number;
  batch_id?: string;
  status?: Status;
}

export interface ItemPageRows {
  items: ItemSummary[];
  has_more: boolean;
}

/** Items oldest first; of a batch that the principal may not see, none, as of one that there is not. A page reads a bounded number of rows when it is filtered by status only among many others. */
export function listItems(context: QueueContext, principal: Principal, query: ListQuery): ItemPageRows {
  const page = pageOf(context.sql, principal, query);
  const items: ItemSummary[] = [];
  let length = 0;
  for (const row of page.rows) {
    const summary = itemSummary(context.queue_id, context.batches, row);
    const shown = maySee(principal, summary.user_id) ? summary : redactItem(summary);
    length += valuesLength(shown.field_values);
    if (length > ANSWER_LENGTH_MAX && items.length > 0) return { items, has_more: true };
    items.push(shown);
  }
  return { items, has_more: page.has_more };
}

function pageOf(sql: Sql, principal: Principal, query: ListQuery): { rows: ItemViewRow[]; has_more: boolean } {
  const range =
    query.batch_id === undefined
      ? null
      : sql.get<{ user_id: string; first: number; last: number }>(
          'SELECT user_id, first_item_id AS first, first_item_id + enqueued - 1 AS last FROM batches WHERE batch_id = ?',
          query.batch_id,
        );
  if (query.batch_id !== undefined && !(range && maySee(principal, range.user_id)))
    return { rows: [], has_more: false };
  const rows = sql.all<ItemViewRow>(
    `${ITEM_VIEW} WHERE ${VISIBLE} AND items.item_id > ?1 AND items.item_id BETWEEN ?2 AND ?3 AND (?4 IS NULL OR items.status = ?4)
     ORDER BY items.item_id LIMIT ?5`,
    query.after,
    range?.first ?? 0,
    range?.last ?? Number.MAX_SAFE_INTEGER,
    query.status ?? null,
    query.limit + 1,
  );
  return { rows: rows.slice(0, query.limit), has_more: rows.length > query.limit };
}
