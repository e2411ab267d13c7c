/**
 * Cancel (D8): the row is final before anybody hears of it. Items that run get an event each, in the order of
 * their ids; the others share one, or a few when their ids are very scattered. The runner that holds a lease is told
 * after the commit.
 */
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { CanceledResult } from '../../contract/queue/queue.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { maySee, type Principal } from '../../contract/store/key.ts';
import { type ItemState, moved } from './callback.ts';
import { itemNotFound, readSummary } from './item-reads.ts';
import { announce, ITEM_STATE, type ItemStateRow, itemState, readItems, writeItems } from './items.ts';
import { Refusal } from './refusal.ts';
import type { Turn } from './turn.ts';

/** Ranges of ids that share an event, so that it fits a row of the log: nearly always one does for the whole batch. */
const RANGES_PER_EVENT = 10_000;

/** Cancels the item; 404 when there is none, 403 when it is somebody else's. A final item stays as it is. */
export function cancelItem(turn: Turn, principal: Principal, item_id: number): ItemSummary {
  const item = readItems(turn.sql, [item_id]).get(item_id);
  if (!item) throw itemNotFound(item_id);
  if (!maySee(principal, item.user_id)) throw new Refusal('forbidden', `Item ${item_id} belongs to somebody else.`);
  if (!isFinal(item.status)) {
    const after = moved(item, 'cancel', turn.now);
    announce(turn, item, after);
    writeItems(turn, [after]);
    tellRunners(turn, [item]);
  }
  return readSummary(turn, item_id);
}

/** Cancels what is not final of these batches; a caller who is no admin reaches its own batches only. */
export function cancelByBatchIds(turn: Turn, principal: Principal, batch_ids: readonly string[]): CanceledResult {
  const rows = turn.sql.each<{ batch_no: number; user_id: string }>(
    'SELECT DISTINCT batch_no, user_id FROM json_each(?1) AS wanted JOIN batches ON batch_id = wanted.value',
    batch_ids,
  );
  const own = rows.filter((row) => maySee(principal, row.user_id)).map((row) => row.batch_no);
  return { canceled: cancelBatches(turn, own) };
}

/** Cancels every item of the batches that is not final. Returns how many this call moved. */
export function cancelBatches(turn: Turn, batch_nos: readonly number[]): number {
  const { sql, now } = turn;
  const held = sql
    .each<ItemStateRow>(
      `SELECT ${ITEM_STATE} FROM json_each(?1) AS wanted JOIN batches ON batches.batch_no = wanted.value
       JOIN items ON items.batch_no = batches.batch_no WHERE items.runner_no IS NOT NULL ORDER BY items.item_id`,
      batch_nos,
    )
    .map(itemState);
  // "waiting" holds no lease and joins the bulk.
  const running = held.filter((item) => item.status === 'in_progress');
  const bulk = sql.each<{ item_id: number; batch_no: number; user_id: string; was: 'pending' | 'waiting' }>(
    `SELECT items.item_id, items.batch_no, batches.user_id, items.status AS was FROM json_each(?1) AS wanted
     JOIN batches ON batches.batch_no = wanted.value
     JOIN items ON items.item_id BETWEEN batches.first_item_id AND batches.first_item_id + batches.enqueued - 1
     WHERE items.status IN ('pending', 'waiting') ORDER BY items.item_id`,
    batch_nos,
  );
  // Leases that did not start are given back; the statement below does the rest for all alike.
  for (const item of held) if (item.status === 'pending') turn.serve(item, -(item.charge ?? 0));
  sql.each(
    `UPDATE items SET status = 'canceled', status_sequence = status_sequence + 1, runner_no = NULL, charge = NULL, seconds = NULL, updated_at = ?2, completed_at = ?2
     FROM json_each(?1) WHERE item_id = value`,
    bulk.map((item) => item.item_id),
    now,
  );
  for (const item of bulk) turn.move(item, item.was, 'canceled');
  const canceled = ranges(bulk);
  for (let at = 0; at < canceled.length; at += RANGES_PER_EVENT)
    turn.facts.push(['canceled', canceled.slice(at, at + RANGES_PER_EVENT)]);
  const after = running.map((item) => {
    const next = moved(item, 'cancel', now);
    announce(turn, item, next);
    return next;
  });
  writeItems(turn, after);
  tellRunners(turn, held);
  return bulk.length + running.length;
}

function tellRunners(turn: Turn, items: readonly ItemState[]): void {
  const byRunner = Map.groupBy(items, (item) => item.runner_no);
  for (const [runner_no, held] of byRunner)
    if (runner_no !== null)
      turn.orders.push({ order: 'cancel', runner_no, item_ids: held.map((item) => item.item_id) });
}

/** Runs of consecutive ids within a batch; `items` are in the order of their ids. */
export function ranges(items: readonly { batch_no: number; item_id: number }[]): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (const { batch_no, item_id } of items) {
    const last = found.at(-1);
    if (last && last[0] === batch_no && last[2] === item_id - 1) last[2] = item_id;
    else found.push([batch_no, item_id, item_id]);
  }
  return found;
}
