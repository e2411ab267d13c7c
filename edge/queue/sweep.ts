/**
 * Deadlines: one alarm stands at the earliest. Every call sweeps too, so a late alarm delays nothing. When the
 * alarm is much overdue, it was the queue that was away, not the runners: everybody gets one grace period.
 */
import { endRunner, expiryOf, freeLeases, type RunnerRow } from './runners.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** An alarm runs within tens of milliseconds when the object lives, and within seconds when it must be started. */
export const OUTAGE_MS = 5_000;

export function sweep(turn: Turn): void {
  const { sql, settings, now } = turn;
  const due = sql.get<{ alarm_at: number | null }>('SELECT alarm_at FROM queue')?.alarm_at ?? null;
  if (due === null || now < due) return;
  if (now - due > OUTAGE_MS) {
    sql.all(
      'UPDATE runners SET expires_at = ?1 WHERE expires_at IS NOT NULL AND expires_at < ?1',
      expiryOf(settings, now),
    );
    return;
  }
  for (const runner of sql.all<RunnerRow>('SELECT * FROM runners WHERE expires_at <= ? ORDER BY runner_no', now)) {
    freeLeases(turn, runner, () => true);
    endRunner(turn, runner, 'silent');
  }
}

/** When the alarm must ring: stored with the state that it guards, so that a lost alarm is noticed. */
export function nextAlarm(sql: Sql, now: number): number | null {
  const next =
    sql.get<{ at: number | null }>('SELECT MIN(expires_at) AS at FROM runners WHERE expires_at IS NOT NULL')?.at ??
    null;
  const before = sql.get<{ alarm_at: number | null }>('SELECT alarm_at FROM queue')?.alarm_at ?? null;
  // A later deadline leaves the alarm where it is: ringing early costs less than a row written at every heartbeat.
  const keep = next !== null && before !== null && before > now && before <= next;
  if (!keep && next !== before) sql.all('UPDATE queue SET alarm_at = ?', next);
  return keep ? before : next;
}
