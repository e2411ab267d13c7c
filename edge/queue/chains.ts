/**
 * Chains: a root item and the items that its workflow calls made, at any depth. An item that waits has active children,
 * and the parent of an active child waits; so a chain with two active items has one that waits, and while nothing in
 * the queue waits every question here is answered without looking. The children of a call are a batch of their own
 * (docs/decisions/0012), so its counters tell when the call is done.
 */
import type { ItemState } from './callback.ts';
import { ITEM_STATE, type ItemStateRow, itemState } from './items.ts';
import { ACTIVE, counted, type ItemRange, listed } from './selection.ts';
import type { Sql } from './storage.ts';

/** The top of the item's chain; the item itself when it is no child. */
export const rootOf = (sql: Sql, item_id: number): number =>
  sql.get<{ root_item_id: number | null }>('SELECT root_item_id FROM item_links WHERE item_id = ?', item_id)
    ?.root_item_id ?? item_id;

const IN_CHAIN = 'items.item_id IN (SELECT ?1 UNION ALL SELECT item_id FROM item_links WHERE root_item_id = ?1)';

/** Every item of the chain, by id. */
export const chainOf = (sql: Sql, root_item_id: number): ItemState[] =>
  sql
    .all<ItemStateRow>(
      `SELECT ${ITEM_STATE} FROM items JOIN batches USING (batch_no) WHERE ${IN_CHAIN} AND items.deleted IS NULL
       ORDER BY items.item_id`,
      root_item_id,
    )
    .map(itemState);

/** The items of a call that has not ended. */
export interface OpenCall {
  batch_no: number;
  user_id: string;
  root_item_id: number;
}

/** Whether any item of the queue waits; as it was when the transaction began. */
export const isWaiting = (sql: Sql): boolean =>
  (sql.get<{ waiting: number }>('SELECT waiting FROM queue')?.waiting ?? 0) > 0;

export const openCalls = (sql: Sql): OpenCall[] =>
  isWaiting(sql)
    ? sql.all<OpenCall>(
        `SELECT batches.batch_no, batches.user_id, links.root_item_id
         FROM batches CROSS JOIN item_links AS links ON links.item_id = batches.first_item_id
         WHERE ${counted(ACTIVE)} > 0 AND links.root_item_id IS NOT NULL ORDER BY batches.batch_no`,
      )
    : [];

/** The roots of the chains to which the batches belong, those of them that are the children of a call. */
export const rootsOf = (sql: Sql, batch_nos: readonly number[]): number[] => [
  ...new Set(
    sql
      .each<{ root_item_id: number }>(
        `SELECT links.root_item_id FROM json_each(?1) CROSS JOIN batches ON batches.batch_no = value
         CROSS JOIN item_links AS links ON links.item_id = batches.first_item_id WHERE links.root_item_id IS NOT NULL`,
        batch_nos,
      )
      .map((row) => row.root_item_id),
  ),
];

/** The batches of the children, at any depth, of those items that are roots. */
export const callsOf = (sql: Sql, ranges: readonly ItemRange[]): number[] => [
  ...new Set(
    sql
      .each<{ batch_no: number }>(
        `SELECT DISTINCT items.batch_no FROM json_each(?1) AS range
         CROSS JOIN item_links AS links ON links.root_item_id BETWEEN range.value->>0 AND range.value->>1
         CROSS JOIN items ON items.item_id = links.item_id`,
        ranges.map(({ first, last }) => [first, last]),
      )
      .map((row) => row.batch_no),
  ),
];

/** For a query of `items`: a child that a chain which still runs may need, as its results are a call's. */
export const IS_IN_USE = `EXISTS (SELECT 1 FROM item_links AS link CROSS JOIN items AS root ON root.item_id = link.root_item_id
  WHERE link.item_id = items.item_id AND root.status IN (${listed(ACTIVE)}))`;

/** All such children. */
export const childrenInUse = (sql: Sql): number[] =>
  sql
    .all<{ item_id: number }>(
      `SELECT links.item_id FROM item_links AS links CROSS JOIN items AS roots ON roots.item_id = links.root_item_id
       WHERE links.root_item_id IS NOT NULL AND roots.status IN (${listed(ACTIVE)})`,
    )
    .map((row) => row.item_id);
