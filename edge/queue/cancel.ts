/**
 * Cancel (D8): the row is final before anybody hears of it, and what it concerns takes its chain along. Items that run
 * get an event each, in the order of their ids; in an operation on many the others share one, or a few when their ids
 * are very scattered. The runner that holds a lease is told after the commit.
 */
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { CanceledResult } from '../../contract/queue/queue.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { Principal } from '../../contract/store/key.ts';
import { type ItemState, moved } from './callback.ts';
import { chainOf, rootOf } from './chains.ts';
import { exceptCurrent, withChains } from './current.ts';
import { theirs } from './item-access.ts';
import { readSummary } from './item-reads.ts';
import { announce, ITEM_STATE, type ItemStateRow, itemState, readItems, writeItems } from './items.ts';
import { ACTIVE, batchesIn, type ItemRange, itemsOf, perEvent, reach, sizeOf, spansOf } from './selection.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** Cancels the item's chain; 404 when there is no such item, 403 when it is somebody else's. A final item stays as it is. */
export function cancelItem(turn: Turn, principal: Principal, item_id: number): ItemSummary {
  const item = theirs(principal, item_id, readItems(turn.sql, [item_id]).get(item_id));
  if (!isFinal(item.status)) cancelItems(turn, chainOf(turn.sql, rootOf(turn.sql, item_id)));
  return readSummary(turn, item_id);
}

/** Cancels what is not final of these batches and their chains; a caller who is no admin reaches its own batches only. */
export function cancelByBatchIds(turn: Turn, principal: Principal, batch_ids: readonly string[]): CanceledResult {
  const batch_nos = batchesIn(turn.sql, { ...reach(principal), batch_ids }, ACTIVE);
  return { canceled: cancelRanges(turn, withChains(turn.sql, batch_nos)) };
}

/** A chain has one destination and one owner, so nothing of it lies outside. */
export function cancelByDestination(turn: Turn, principal: Principal, destination: string): CanceledResult {
  const batch_nos = batchesIn(turn.sql, { ...reach(principal), destination }, ACTIVE);
  return { canceled: cancelRanges(turn, itemsOf(turn.sql, batch_nos, ACTIVE)) };
}

export function cancelAll(turn: Turn, principal: Principal): CanceledResult {
  const batch_nos = batchesIn(turn.sql, reach(principal), ACTIVE);
  return { canceled: cancelRanges(turn, itemsOf(turn.sql, batch_nos, ACTIVE)) };
}

/** Cancels what waits for its turn; what runs goes on, with its chain. */
export function cancelAllExceptCurrent(turn: Turn, principal: Principal): CanceledResult {
  return { canceled: cancelRanges(turn, exceptCurrent(turn.sql, reach(principal))) };
}

/** Cancels those of the items that are not final, each with an event of its own. */
export function cancelItems(turn: Turn, items: readonly ItemState[]): void {
  const active = items.filter((item) => !isFinal(item.status));
  const after = active.map((item) => {
    const next = moved(item, 'cancel', turn.now);
    announce(turn, item, next);
    return next;
  });
  writeItems(turn, after);
  tellRunners(turn, active);
}

/** Whether items that were not running are announced here; what removes them at once may have an event that says so. */
type Announced = 'announced' | 'unannounced';

/**
 * Cancels every active item of the ranges, which are in the order of their ids; whole chains, so that none is left
 * waiting for nothing. Returns how many this call moved.
 */
export function cancelRanges(turn: Turn, ranges: readonly ItemRange[], bulk: Announced = 'announced'): number {
  const active = ranges.filter((range) => !isFinal(range.status));
  const held = leasedIn(turn, active);
  // Leases that did not start are given back; the statement below does the rest for all alike.
  for (const item of held) if (item.status === 'pending') turn.serve(item, -(item.charge ?? 0));
  const idle = active.filter((range) => range.status !== 'in_progress');
  turn.sql.each(
    `UPDATE items SET status = 'canceled', status_sequence = status_sequence + 1, runner_no = NULL, charge = NULL,
       seconds = NULL, updated_at = ?2, completed_at = ?2
     FROM json_each(?1) AS range WHERE item_id BETWEEN range.value->>0 AND range.value->>1`,
    spansOf(idle),
    turn.now,
  );
  for (const range of idle) turn.move(range, range.status, 'canceled', sizeOf([range]));
  for (const backlog_no of backlogsOfRetries(turn.sql, idle)) turn.taken(backlog_no);
  if (bulk === 'announced') for (const part of perEvent(idle)) turn.facts.push(['canceled', part]);
  tellRunners(
    turn,
    held.filter((item) => item.status === 'pending'),
  );
  cancelItems(
    turn,
    held.filter((item) => item.status === 'in_progress'),
  );
  return sizeOf(active);
}

/** Retries may be of another backlog than their batch, whose own is looked at when nothing of it is pending any more. */
const backlogsOfRetries = (sql: Sql, ranges: readonly ItemRange[]): number[] =>
  sql
    .each<{ backlog_no: number }>(
      `SELECT DISTINCT backlog_no FROM items INDEXED BY items_retried
       WHERE batch_index IS NOT NULL AND batch_no IN (SELECT value FROM json_each(?1))`,
      [...new Set(ranges.map((range) => range.batch_no))],
    )
    .map((row) => row.backlog_no);

/** The items of the ranges that a runner holds, by id. */
function leasedIn({ sql }: Turn, ranges: readonly ItemRange[]): ItemState[] {
  const batch_nos = [...new Set(ranges.map((range) => range.batch_no))];
  const leased = sql
    .each<ItemStateRow>(
      `SELECT ${ITEM_STATE} FROM items INDEXED BY items_leased JOIN batches USING (batch_no)
       WHERE items.runner_no IS NOT NULL AND items.batch_no IN (SELECT value FROM json_each(?1))`,
      batch_nos,
    )
    .sort((a, b) => a.item_id - b.item_id);
  let at = 0;
  return leased
    .filter(({ item_id }) => {
      while (at < ranges.length && (ranges[at] as ItemRange).last < item_id) at++;
      const range = ranges[at];
      return range !== undefined && range.first <= item_id;
    })
    .map(itemState);
}

function tellRunners(turn: Turn, items: readonly ItemState[]): void {
  const byRunner = Map.groupBy(items, (item) => item.runner_no);
  for (const [runner_no, held] of byRunner)
    if (runner_no !== null)
      turn.orders.push({ order: 'cancel', runner_no, item_ids: held.map((item) => item.item_id) });
}
