/** The ids of items in an order, as JSON text: 100,000 numbers cross a call as text in a few milliseconds. */
import { isAdmin, type Principal } from '../../contract/store/key.ts';
import type { QueueContext } from './turn.ts';

/** Ids of one answer: with ten digits each they are half of what the platform allows a value to have. */
export const IDS_PER_ANSWER = 100_000;

export const ID_ORDERS = ['ASC', 'DESC'] as const;

export interface ItemIdsQuery {
  order: (typeof ID_ORDERS)[number];
  /** The last id of the answer before; null for the first. */
  after: number | null;
}

export interface ItemIds {
  /** With commas between them. */
  ids: string;
  count: number;
  /** Where the next answer goes on; null when this is the last. */
  last: number | null;
}

interface ListRow {
  ids: string;
  count: number;
}

const unbracketed = ({ ids }: ListRow): string => ids.slice(1, -1);

/** All items' ids by age; everybody may know that an item is there. */
export function itemIds({ sql }: QueueContext, { order, after }: ItemIdsQuery): ItemIds {
  const [compare, start] = order === 'ASC' ? ['>', 0] : ['<', Number.MAX_SAFE_INTEGER];
  const row = sql.one<ListRow & { last: number | null }>(
    `SELECT json_group_array(item_id) AS ids, COUNT(*) AS count, ${order === 'ASC' ? 'MAX' : 'MIN'}(item_id) AS last
     FROM (SELECT item_id FROM items WHERE deleted IS NULL AND item_id ${compare} ?1 ORDER BY item_id ${order} LIMIT ?2)`,
    after ?? start,
    IDS_PER_ANSWER,
  );
  return { ids: unbracketed(row), count: row.count, last: row.count < IDS_PER_ANSWER ? null : row.last };
}

/** Where an item stands in a list by priority: the higher first, then the older. */
export interface Place {
  priority: number;
  item_id: number;
}

export interface ItemOrderQuery {
  destination: string | null;
  after: Place | null;
}

export interface ItemOrder {
  /** JSON. */
  ids: string;
  last: Place | null;
}

/**
 * Items by priority and age. By a destination, which only owners and admins see, others find nothing but their own.
 * The order has no index, since claims need another one: an answer costs a walk over all items.
 */
export function itemOrder(
  { sql }: QueueContext,
  principal: Principal,
  { destination, after }: ItemOrderQuery,
): ItemOrder {
  const batches = 'SELECT batch_no FROM batches WHERE destination = ?1 AND (?2 OR user_id = ?3)';
  const { ids, count } = sql.one<ListRow>(
    `SELECT json_group_array(item_id) AS ids, COUNT(*) AS count FROM
       (SELECT item_id FROM items WHERE deleted IS NULL ${destination === null ? '' : `AND batch_no IN (${batches})`}
          AND (?4 IS NULL OR priority < ?4 OR (priority = ?4 AND item_id > ?5))
        ORDER BY priority DESC, item_id LIMIT ?6)`,
    destination,
    isAdmin(principal) ? 1 : 0,
    principal.user_id,
    after?.priority ?? null,
    after?.item_id ?? null,
    IDS_PER_ANSWER,
  );
  if (count < IDS_PER_ANSWER) return { ids, last: null };
  const item_id = Number(ids.slice(ids.lastIndexOf(',') + 1, -1));
  const { priority } = sql.one<{ priority: number }>('SELECT priority FROM items WHERE item_id = ?', item_id);
  return { ids, last: { priority, item_id } };
}
