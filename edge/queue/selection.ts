/**
 * Which items an operation on many acts on. What a caller names (a destination, batches, everything of theirs) is a
 * list of batches, and its items are ranges of ids: a batch of 100,000 is one range, whatever is done to it.
 */
import { isFinal, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import { isAdmin, type Principal } from '../../contract/store/key.ts';
import type { Sql, SqlValue } from './storage.ts';

/** Items of one batch in one status, of consecutive ids. */
export interface ItemRange {
  batch_no: number;
  user_id: string;
  status: Status;
  first: number;
  last: number;
}

/** Whose items, and which of them. */
export interface Scope {
  /** null: everybody's. */
  user_id: string | null;
  batch_ids?: readonly string[];
  destination?: string;
}

export const FINAL = STATUS_NAMES.filter(isFinal);
export const ACTIVE = STATUS_NAMES.filter((status) => !isFinal(status));
/** Those that no device works on: they move in bulk. */
export const IDLE = ACTIVE.filter((status) => status !== 'in_progress');

/** How many items of a batch are in one of the statuses; `ACTIVE` is the expression of the index batches_open. */
export const counted = (statuses: readonly Status[]): string => statuses.map((status) => `"${status}"`).join(' + ');

/** Statuses as the list of an IN. */
export const listed = (statuses: readonly Status[]): string => statuses.map((status) => `'${status}'`).join(', ');

/** What a caller reaches: an admin everybody's items, others their own. */
export const reach = (principal: Principal): Scope => ({ user_id: isAdmin(principal) ? null : principal.user_id });

/** The batches in scope that have items in one of the statuses. */
export function batchesIn(sql: Sql, { user_id, batch_ids, destination }: Scope, statuses: readonly Status[]): number[] {
  const conditions = [`${counted(statuses)} > 0`];
  const bindings: SqlValue[] = [];
  const where = (condition: string, value: SqlValue) => {
    conditions.push(condition);
    bindings.push(value);
  };
  if (user_id !== null) where('user_id = ?', user_id);
  if (destination !== undefined) where('destination = ?', destination);
  if (batch_ids !== undefined) where('batch_id IN (SELECT value FROM json_each(?))', JSON.stringify(batch_ids));
  return sql
    .all<{ batch_no: number }>(
      `SELECT batch_no FROM batches WHERE ${conditions.join(' AND ')} ORDER BY batch_no`,
      ...bindings,
    )
    .map((row) => row.batch_no);
}

/** One end of a range, or both. */
interface Edge {
  item_id: number;
  batch_no: number;
  user_id: string;
  status: Status;
  is_first: number;
  is_last: number;
}

/** A neighbour that belongs to the same range. */
const neighbour = (distance: string): string =>
  `NOT EXISTS (SELECT 1 FROM items AS near WHERE near.item_id = found.item_id ${distance}
     AND near.batch_no = found.batch_no AND near.status = found.status AND near.deleted IS NULL)`;

/** Items of the batches in one of the statuses, by id; those of retries too, which lie outside their batch's ids. */
export function itemsOf(sql: Sql, batch_nos: readonly number[], statuses: readonly Status[]): ItemRange[] {
  const wanted = `items.status IN (${listed(statuses)}) AND items.deleted IS NULL`;
  const edges = sql.each<Edge>(
    `WITH
       batch AS MATERIALIZED (
         SELECT batch_no, user_id, first_item_id, first_item_id + enqueued - 1 AS last_item_id
         FROM json_each(?1) CROSS JOIN batches ON batches.batch_no = value),
       found AS (
         SELECT items.item_id, items.batch_no, batch.user_id, items.status FROM batch CROSS JOIN items
           ON items.item_id BETWEEN batch.first_item_id AND batch.last_item_id WHERE ${wanted}
         UNION ALL
         SELECT items.item_id, items.batch_no, batch.user_id, items.status FROM batch CROSS JOIN items
           ON items.batch_no = batch.batch_no WHERE items.batch_index IS NOT NULL AND ${wanted})
     SELECT * FROM (SELECT *, ${neighbour('- 1')} AS is_first, ${neighbour('+ 1')} AS is_last FROM found)
     WHERE is_first OR is_last`,
    batch_nos,
  );
  const ranges: ItemRange[] = [];
  for (const { item_id, is_first, ...shared } of edges.sort((a, b) => a.item_id - b.item_id)) {
    const { batch_no, user_id, status } = shared;
    if (is_first) ranges.push({ batch_no, user_id, status, first: item_id, last: item_id });
    const open = ranges.at(-1);
    if (open) open.last = item_id;
  }
  return ranges;
}

/** Single items as ranges; `items` are in the order of their ids. */
export function rangesOf(
  items: readonly { item_id: number; batch_no: number; user_id: string; status: Status }[],
): ItemRange[] {
  return items.map(({ item_id, batch_no, user_id, status }) => ({
    batch_no,
    user_id,
    status,
    first: item_id,
    last: item_id,
  }));
}

/** The ranges less some items. @pure */
export function without(ranges: readonly ItemRange[], item_ids: Iterable<number>): ItemRange[] {
  const left = [...item_ids].sort((a, b) => a - b);
  let at = 0;
  return ranges.flatMap((range) => {
    const parts: ItemRange[] = [];
    let { first } = range;
    while (at < left.length && (left[at] as number) < first) at++;
    for (; at < left.length && (left[at] as number) <= range.last; at++) {
      const gap = left[at] as number;
      if (gap > first) parts.push({ ...range, first, last: gap - 1 });
      first = gap + 1;
    }
    if (first <= range.last) parts.push({ ...range, first });
    return parts;
  });
}

export const sizeOf = (ranges: readonly ItemRange[]): number =>
  ranges.reduce((size, { first, last }) => size + last - first + 1, 0);

/** As statements name them: whatever batch and status; `ranges` are in the order of their ids. @pure */
export function spansOf(ranges: readonly ItemRange[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const { first, last } of ranges) {
    const before = found.at(-1);
    if (before && before[1] === first - 1) before[1] = last;
    else found.push([first, last]);
  }
  return found;
}

/** As facts name them: of one batch each, whatever status. */
export type IdRange = [batch_no: number, first: number, last: number];

/** Ids, and ranges of them, that one event names at most: it fits a row of the log, and a message. */
const IDS_PER_EVENT = 100_000;
const RANGES_PER_EVENT = 10_000;

/**
 * The ranges of each event that names them: nearly always there is one event. `ranges` are in the order of their ids.
 * @pure
 */
export function perEvent(ranges: readonly ItemRange[]): IdRange[][] {
  const events: IdRange[][] = [];
  let room = 0;
  for (const { batch_no, first, last } of ranges)
    for (let next = first; next <= last; ) {
      let event = events.at(-1);
      if (!event || room === 0 || event.length === RANGES_PER_EVENT) {
        event = [];
        events.push(event);
        room = IDS_PER_EVENT;
      }
      const end = Math.min(last, next + room - 1);
      const before = event.at(-1);
      if (before && before[0] === batch_no && before[2] === next - 1) before[2] = end;
      else event.push([batch_no, next, end]);
      room -= end - next + 1;
      next = end + 1;
    }
  return events;
}
