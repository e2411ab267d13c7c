/** Heartbeats: a runner shows life and names what it holds; what it does not name is free again (D5). */
import type { HeartbeatBody, HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import { allowance } from './allowance.ts';
import { matchingBacklogs } from './backlogs.ts';
import { freeLeases, leasedIds } from './leases.ts';
import { endRunner, intervals, type RunnerRow, tellTimeout } from './runners.ts';
import { mayTakeOver } from './takeover.ts';
import type { Turn } from './turn.ts';

export function heartbeat(turn: Turn, runner: RunnerRow, body: HeartbeatBody): HeartbeatResult {
  const { sql } = turn;
  const { named, canceled, gone } = compare(turn, runner, body);
  const drained = body.draining && body.held.length === 0;
  const held = leasedIds(sql, runner.runner_no);
  const missing = drained ? held : held.filter(unnamed(runner, body.claim, named));
  freeLeases(turn, runner, missing, 'unnamed');
  if (drained) endRunner(turn, runner, 'drained');
  else if (body.draining) sql.all('UPDATE runners SET draining = 1, wanting = 0 WHERE runner_no = ?', runner.runner_no);
  // Who does not say what it goes by has heard what it was told last.
  tellTimeout(turn, runner, (body.timeout_seconds ?? 0) * 1_000);
  const claimable = !body.draining && hasWork(turn, runner);
  return { canceled, gone, claimable, drain: runner.draining === 1, ...intervals(turn.settings) };
}

interface Compared {
  /** Of the leases that it names, those that it has. */
  named: Set<number>;
  canceled: number[];
  gone: number[];
}

/** A heartbeat may name thousands: what it takes to judge a lease is read of each, and nothing more. */
function compare({ sql }: Turn, { runner_no }: RunnerRow, { held }: HeartbeatBody): Compared {
  const compared: Compared = { named: new Set(), canceled: [], gone: [] };
  const rows = sql.each<{ item_id: number; is_held: number | null; is_canceled: number | null }>(
    `SELECT value->>0 AS item_id, items.runner_no = ?2 AS is_held, items.status = 'canceled' AS is_canceled
     FROM json_each(?1) LEFT JOIN items ON items.item_id = value->>0 AND items.fence = value->>1 AND items.deleted IS NULL`,
    held.map((lease) => [lease.item_id, lease.fence]),
    runner_no,
  );
  for (const { item_id, is_held, is_canceled } of rows) {
    if (is_held) compared.named.add(item_id);
    else if (is_canceled) compared.canceled.push(item_id);
    else compared.gone.push(item_id);
  }
  return compared;
}

/**
 * Which leases a heartbeat gives up by not naming them. Those of the one claim whose answer is still under way are not
 * missing, only unknown to the runner; and a heartbeat that is further behind was overtaken, so its silence says nothing.
 */
function unnamed(runner: RunnerRow, claim: number, named: ReadonlySet<number>): (item_id: number) => boolean {
  const behind = runner.claim_no - claim;
  if (behind > 1) return () => false;
  const underWay = new Set(
    behind === 1 ? (JSON.parse(runner.claim_leases) as [number, number][]).map(([item_id]) => item_id) : [],
  );
  return (item_id) => !named.has(item_id) && !underWay.has(item_id);
}

/** Whether a claim of this runner would be granted something now. */
const hasWork = (turn: Turn, runner: RunnerRow): boolean =>
  allowance(turn, runner, 1) > 0 && (matchingBacklogs(turn, runner, 1).length > 0 || mayTakeOver(turn, runner));
