/** Leases that the queue ends by itself: their runner is lost, or something goes before what has not started. */
import type { HeldLease } from '../../contract/runner/heartbeat.ts';
import { type ItemState, moved } from './callback.ts';
import { announce, readItems, writeItems } from './items.ts';
import type { RunnerRow } from './runners.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** So many leases in a row an item may lose with their runners before it starts (docs/decisions/0013). */
export const LOSSES_MAX = 20;

/** The items that a runner holds, oldest first. */
export const leasedIds = (sql: Sql, runner_no: number): number[] =>
  sql
    .all<{ item_id: number }>('SELECT item_id FROM items WHERE runner_no = ? ORDER BY item_id', runner_no)
    .map((row) => row.item_id);

/**
 * Frees leases of a runner that is lost, or that does not name them any more. An item that has started goes back to
 * its old place with its results, or fails as RunnerLost when it has started too often without a new result.
 */
export function freeLeases(turn: Turn, runner: RunnerRow, item_ids: readonly number[], why: 'lost' | 'unnamed'): void {
  const after = [...readItems(turn.sql, item_ids).values()].map((item) => {
    if (item.status === 'pending') return freeUnstarted(turn, runner, item, why);
    turn.facts.push(['lease_expired', item.item_id, item.batch_no, item.fence, runner.runner_no]);
    if (item.charged < turn.settings.max_attempts) return requeued(turn, item);
    return fail(turn, item, {
      error_type: 'RunnerLost',
      error_message: `The item started ${item.charged} times without a new result, and its runner was lost each time; the last was "${runner.name}".`,
    });
  });
  writeItems(turn, after);
}

/** A runner that lives and lost a grant says nothing of the item; one that died, again and again, does. */
function freeUnstarted(turn: Turn, runner: RunnerRow, item: ItemState, why: 'lost' | 'unnamed'): ItemState {
  const losses = why === 'lost' ? item.losses + 1 : item.losses;
  if (losses >= LOSSES_MAX)
    return fail(turn, item, {
      error_type: 'RunnerLost',
      error_message: `${losses} runners in a row were lost before they started the item; the last was "${runner.name}".`,
    });
  turn.madeClaimable(item.backlog_no);
  return { ...item, runner_no: null, losses };
}

function requeued(turn: Turn, item: ItemState): ItemState {
  const next = moved(item, 'requeue', turn.now);
  announce(turn, item, next);
  return next;
}

/** The item as failed by the queue; counted and announced, not yet written. */
export function fail(turn: Turn, item: ItemState, error: { error_type: string; error_message: string }): ItemState {
  const next = { ...moved(item, 'fail', turn.now), error: { ...error, error_traceback: null } };
  announce(turn, item, next);
  return next;
}

/** Ends leases that have not started: their items are pending as before, their holders are told to drop them. */
export function recallLeases(turn: Turn, item_ids: readonly number[]): void {
  const items = [...readItems(turn.sql, item_ids).values()].filter(
    (item) => item.runner_no !== null && item.status === 'pending',
  );
  writeItems(
    turn,
    items.map((item) => ({ ...item, runner_no: null })),
  );
  tellHolders(turn, 'recall', items);
}

/** Orders about leases that ended, to those who held them; `items` are as they were before. */
export function tellHolders(turn: Turn, order: 'recall' | 'stop', items: readonly ItemState[]): void {
  const leases = new Map<number, HeldLease[]>();
  for (const { runner_no, item_id, fence } of items) {
    if (runner_no === null) continue;
    const held = leases.get(runner_no) ?? [];
    held.push({ item_id, fence });
    leases.set(runner_no, held);
  }
  for (const [runner_no, held] of leases) turn.orders.push({ order, runner_no, leases: held });
}
