/**
 * Everything that time does. One alarm stands at the earliest, and every call sweeps too, so a late alarm delays
 * nothing. When the alarm is much overdue, it was the queue that was away, not the runners: everybody gets one grace
 * period, and what runs gets the time that was lost. Start times and deadlines are promises by the clock and stand.
 */
import { HELD_LEASES_MAX } from '../../contract/limits.ts';
import { endAtDeadline, startDue } from './backlog-times.ts';
import { freeLeases, leasedIds } from './leases.ts';
import { endOverdueRuns, extendRuns } from './run-limits.ts';
import { endRunner, keepIdle, type RunnerRow } from './runners.ts';
import type { Turn } from './turn.ts';

/** An alarm runs within tens of milliseconds when the object lives, and within seconds when it must be started. */
export const OUTAGE_MS = 5_000;

/** Leases of silent runners that one transaction frees before it leaves the rest to the alarm, which comes at once. */
const LEASES_PER_TURN = 10 * HELD_LEASES_MAX;

export function sweep(turn: Turn): void {
  const { sql, now } = turn;
  const times = sql.get<{ due: number | null; last_expiry: number | null }>(
    `SELECT alarm_at AS due, (SELECT MAX(expires_at) FROM runners WHERE expires_at IS NOT NULL) AS last_expiry FROM queue`,
  );
  limitSilence(turn, times?.last_expiry ?? 0);
  const due = times?.due ?? null;
  if (due === null || now < due) return;
  if (now - due > OUTAGE_MS) {
    sql.all('UPDATE runners SET expires_at = MAX(expires_at, ? + timeout_ms) WHERE expires_at IS NOT NULL', now);
    extendRuns(turn, now - due);
  }
  endSilentRunners(turn);
  endOverdueRuns(turn);
  endAtDeadline(turn);
  startDue(turn);
}

/** A clock that went back must not leave a runner that is gone among those that live. */
function limitSilence({ sql, settings, now }: Turn, last_expiry: number): void {
  if (last_expiry > now + settings.runner_timeout_seconds * 1_000)
    sql.all('UPDATE runners SET expires_at = ?1 + timeout_ms WHERE expires_at > ?1 + timeout_ms', now);
}

function endSilentRunners(turn: Turn): void {
  const silent = turn.sql.all<RunnerRow>(
    'SELECT * FROM runners WHERE expires_at <= ? ORDER BY expires_at, runner_no',
    turn.now,
  );
  let freed = 0;
  for (const runner of silent) {
    if (freed >= LEASES_PER_TURN) return;
    const leased = leasedIds(turn.sql, runner.runner_no);
    if (leased.length === 0 && keepIdle(turn, runner)) continue;
    freeLeases(turn, runner, leased, 'lost');
    endRunner(turn, runner, 'silent');
    freed += leased.length;
  }
}

interface Times {
  alarm_at: number | null;
  next: number | null;
}

/** When the alarm must ring: stored with the state that it guards, so that a lost alarm is noticed. */
export function nextAlarm({ sql, now }: Turn): number | null {
  const times = sql.get<Times>(
    `SELECT alarm_at, (SELECT MIN(value) FROM json_each(json_array(
       (SELECT MIN(expires_at) FROM runners WHERE expires_at IS NOT NULL),
       (SELECT MIN(start_after) FROM backlogs WHERE start_after > 0),
       (SELECT MIN(deadline) FROM backlogs WHERE deadline IS NOT NULL),
       CASE WHEN in_progress > 0 THEN run_check_at END,
       retention_at))) AS next FROM queue`,
  );
  if (!times) return null;
  const { alarm_at: before } = times;
  // What one transaction did not finish goes on at once; it was not late for that.
  const next = times.next === null ? null : Math.max(times.next, now);
  // A later time leaves the alarm where it is: ringing early costs less than a row written at every heartbeat.
  const keep = next !== null && before !== null && before > now && before <= next;
  if (!keep && next !== before) sql.all('UPDATE queue SET alarm_at = ?', next);
  return keep ? before : next;
}
