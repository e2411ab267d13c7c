/**
 * Pages of items, oldest or newest first. A page looks at a bounded number of rows however few of them are wanted, so it may be
 * short, or empty, and still not the last one: the cursor says where the next goes on.
 */
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { Status } from '../../contract/queue/status.ts';
import { isAdmin, maySee, type Principal } from '../../contract/store/key.ts';
import type { ID_ORDERS } from './item-order.ts';
import { readItemsByIds } from './item-reads.ts';
import type { Sql, SqlValue } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** Rows that one page looks at: some ten milliseconds of the queue's one thread. */
export const WINDOW = 20_000;

export interface ListQuery {
  /** ASC, the oldest first, when absent. */
  order?: (typeof ID_ORDERS)[number];
  /** The last item that the page before looked at; null for the first page. */
  after: number | null;
  limit: number;
  status?: Status;
  /** These name what only its owner sees: others find nothing by them. */
  batch_id?: string;
  destination?: string;
  user_id?: string;
}

export interface ItemPageRows {
  items: ItemSummary[];
  has_more: boolean;
  /** The last item that was looked at. */
  last: number;
  /** Ids whose rows cannot be read, which is a defect: they are left out. */
  unreadable: number[];
}

export function listItems(context: QueueContext, principal: Principal, query: ListQuery): ItemPageRows {
  const scope = scopeOf(principal, query);
  if (scope === null) return { items: [], has_more: false, last: 0, unreadable: [] };
  const { ids, end } = namesBatches(query) ? idsOfBatches(context.sql, scope) : idsOfQueue(context.sql, scope);
  const found = readItemsByIds(context, principal, { item_ids: ids.slice(0, query.limit), summaries: true });
  const last = ids[found.taken - 1] ?? scope.after;
  return {
    items: found.items.map(({ summary }) => summary),
    has_more: found.taken < ids.length || end !== null,
    last: found.taken < ids.length ? last : (end ?? last),
    unreadable: found.unreadable,
  };
}

const namesBatches = ({ batch_id, destination }: ListQuery): boolean =>
  batch_id !== undefined || destination !== undefined;

/** What a page is looked for in; the order stands as the words of its statements. */
interface Scope extends Omit<ListQuery, 'order'> {
  after: number;
  direction: 'ASC' | 'DESC';
  /** How an id compares to one that the order has before it, and to one at the end of the window. */
  beyond: '<' | '>';
  within: '<=' | '>=';
  /** Beyond every id. */
  infinity: number;
}

/** Null when it would show what is not the caller's to see. */
function scopeOf(principal: Principal, { order = 'ASC', after, ...query }: ListQuery): Scope | null {
  const wanted = query.user_id ?? (namesBatches({ after, ...query }) && !isAdmin(principal) ? principal.user_id : null);
  if (wanted !== null && !maySee(principal, wanted)) return null;
  const shared = { ...query, ...(wanted === null ? {} : { user_id: wanted }) };
  if (order === 'ASC')
    return {
      ...shared,
      ...{ after: after ?? 0, direction: order, beyond: '>', within: '<=', infinity: Number.MAX_SAFE_INTEGER },
    };
  return {
    ...shared,
    ...{ after: after ?? Number.MAX_SAFE_INTEGER, direction: order, beyond: '<', within: '>=', infinity: 0 },
  };
}

interface Found {
  /** Up to one more than a page has. */
  ids: number[];
  /** The last id of the window, when the window ends before the items do. */
  end: number | null;
}

/** Of the whole queue, by a walk over its items. */
function idsOfQueue(sql: Sql, { after, limit, status, user_id, direction, beyond, within, infinity }: Scope): Found {
  const end = sql.get<{ item_id: number }>(
    `SELECT item_id FROM items WHERE item_id ${beyond} ? ORDER BY item_id ${direction} LIMIT 1 OFFSET ${WINDOW - 1}`,
    after,
  );
  const rows = sql.all<{ item_id: number }>(
    `SELECT items.item_id FROM items
     WHERE items.deleted IS NULL AND items.item_id ${beyond} ?1 AND items.item_id ${within} ?2
       AND (?3 IS NULL OR items.status = ?3)
       AND (?4 IS NULL OR (SELECT user_id FROM batches WHERE batches.batch_no = items.batch_no) = ?4)
     ORDER BY items.item_id ${direction} LIMIT ?5`,
    after,
    end?.item_id ?? infinity,
    status ?? null,
    user_id ?? null,
    limit + 1,
  );
  return { ids: rows.map((row) => row.item_id), end: end?.item_id ?? null };
}

/**
 * Of some batches, in their ranges of ids; the numbers of batches have the order of their ranges. Retried items lie
 * outside their batch's range and have an index of their own.
 */
function idsOfBatches(sql: Sql, scope: Scope): Found {
  const { after, limit, status, batch_id, destination, user_id, direction, beyond, within, infinity } = scope;
  const oldest = direction === 'ASC';
  // The one that the page begins in: the order has nothing more of those before it.
  const from = sql.get<{ batch_no: number }>(
    `SELECT batch_no FROM items WHERE item_id ${oldest ? '<=' : '<'} ? AND batch_index IS NULL
     ORDER BY item_id DESC LIMIT 1`,
    after,
  );
  const key = batch_id === undefined ? 'destination' : 'batch_id';
  const named: SqlValue[] = [batch_id ?? destination ?? null, destination ?? null, user_id ?? null];
  const batches = `batches.${key} = ?1 AND (?2 IS NULL OR batches.destination = ?2) AND (?3 IS NULL OR batches.user_id = ?3)`;
  const [first, last] = ['batches.first_item_id', 'batches.first_item_id + batches.enqueued - 1'];
  const range = oldest ? `MAX(${first}, ?5 + 1) AND ${last}` : `${first} AND MIN(${last}, ?5 - 1)`;
  const ranges = `FROM batches CROSS JOIN items
    WHERE ${batches} AND batches.batch_no ${oldest ? '>=' : '<='} ?4 AND items.item_id BETWEEN ${range}`;
  const order = `ORDER BY batches.batch_no ${direction}, items.item_id ${direction} LIMIT`;
  const place = [from?.batch_no ?? 0, after];
  const end =
    sql.get<{ item_id: number }>(`SELECT items.item_id ${ranges} ${order} 1 OFFSET ${WINDOW - 1}`, ...named, ...place)
      ?.item_id ?? null;
  const shown = `items.deleted IS NULL AND items.item_id ${within} ?6 AND (?7 IS NULL OR items.status = ?7)`;
  const which = [...named, ...place, end ?? infinity, status ?? null, limit + 1];
  const inside = sql.all<{ item_id: number }>(`SELECT items.item_id ${ranges} AND ${shown} ${order} ?8`, ...which);
  const retried = sql.all<{ item_id: number }>(
    `SELECT items.item_id FROM batches CROSS JOIN items INDEXED BY items_retried USING (batch_no)
     WHERE ${batches} AND items.batch_index IS NOT NULL AND items.item_id ${beyond} ?5 AND ?4 IS NOT NULL AND ${shown}
     ORDER BY items.item_id ${direction} LIMIT ?8`,
    ...which,
  );
  const ids = [...inside, ...retried].map((row) => row.item_id).sort(oldest ? (a, b) => a - b : (a, b) => b - a);
  return { ids: ids.slice(0, limit + 1), end };
}
