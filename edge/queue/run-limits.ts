/**
 * How long one run of a session may take. Items have no index for it: the queue keeps a time before which no limit
 * ends, written only when it must fall, or when it was reached and what runs was looked at.
 */
import type { ItemState } from './callback.ts';
import { readItems, writeItems } from './items.ts';
import { fail, tellHolders } from './leases.ts';
import type { Turn } from './turn.ts';

const ITEMS_PER_TURN = 500;
/** Between two looks at what runs: limits are seconds, and many of them end one shortly after the other. */
const LOOK_MS = 100;

/**
 * A runner ends what is over its limit itself, on the node that it is at, and the queue leaves it this time to say so:
 * it only ends what its runner does not.
 */
export const RUN_GRACE_SECONDS = 2;

/** The limit of a session of this batch in seconds; null when there is none. */
export const runSeconds = ({ batches, settings }: Turn, batch_no: number): number | null =>
  batches.rowOf(batch_no).max_run_seconds ?? settings.max_run_seconds;

/** How long the queue lets a session of this batch run, whatever its runner does. */
export function runAllowance(turn: Turn, batch_no: number): number | null {
  const seconds = runSeconds(turn, batch_no);
  return seconds === null ? null : seconds + RUN_GRACE_SECONDS;
}

/** Sees to it that the limits of items that started are looked at in time. */
export function watchRuns({ sql }: Turn, started: readonly ItemState[]): void {
  const earliest = started.reduce((min, item) => Math.min(min, item.run_until ?? Number.POSITIVE_INFINITY), Infinity);
  if (earliest !== Infinity)
    sql.all('UPDATE queue SET run_check_at = ?1 WHERE run_check_at IS NULL OR run_check_at > ?1', earliest);
}

/** What ran longer than it may fails, and its runner is told to stop. */
export function endOverdueRuns(turn: Turn): void {
  const { sql, now } = turn;
  const due = sql.get<{ run_check_at: number | null }>('SELECT run_check_at FROM queue')?.run_check_at ?? null;
  if (due === null || now < due) return;
  const overdue = sql.all<{ item_id: number }>(
    'SELECT item_id FROM items WHERE runner_no IS NOT NULL AND run_until <= ? ORDER BY run_until, item_id LIMIT ?',
    now,
    ITEMS_PER_TURN,
  );
  const items = [
    ...readItems(
      sql,
      overdue.map((row) => row.item_id),
    ).values(),
  ];
  writeItems(
    turn,
    items.map((item) =>
      fail(turn, item, {
        error_type: 'TimeoutError',
        error_message: `The session ran longer than the ${runSeconds(turn, item.batch_no)} seconds that it may (max_run_seconds).`,
      }),
    ),
  );
  tellHolders(turn, 'stop', items);
  sql.all(
    `UPDATE queue SET run_check_at =
       (SELECT MAX(MIN(run_until), ?) FROM items WHERE runner_no IS NOT NULL AND run_until IS NOT NULL)`,
    now + LOOK_MS,
  );
}

/** The queue was away: what ran meanwhile could not report, and gets that time. */
export function extendRuns({ sql }: Turn, milliseconds: number): void {
  sql.all(
    'UPDATE items SET run_until = run_until + ? WHERE runner_no IS NOT NULL AND run_until IS NOT NULL',
    milliseconds,
  );
  sql.all('UPDATE queue SET run_check_at = run_check_at + ? WHERE run_check_at IS NOT NULL', milliseconds);
}
