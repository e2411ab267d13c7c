/** The event log's ends: where it begins now, what a client missed, and what retention removes (D4). */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { LogBody, LogRow } from './fact.ts';
import type { Sql } from './storage.ts';

/** Rows that one transaction removes at most, so that retention never makes a call slow. */
const PRUNED_PER_TURN = 200;

/** Removes what is both too old and too far back. Called where a row was appended. */
export function pruneLog(sql: Sql, settings: QueueSettings, last: LogRow, now: number): void {
  // Once in a while is enough: what is kept is a lower bound.
  if (Math.floor(last.sequence / 100) === Math.floor((last.sequence - last.count) / 100)) return;
  sql.all(
    `DELETE FROM log WHERE sequence IN (SELECT sequence FROM log WHERE sequence <= ? AND at < ? ORDER BY sequence LIMIT ?)`,
    last.sequence - settings.events_retention_count,
    now - settings.events_retention_seconds * 1000,
    PRUNED_PER_TURN,
  );
}

/** The number of the last event. */
export const lastSequence = (sql: Sql): number => sql.one<{ sequence: number }>('SELECT sequence FROM queue').sequence;

/** The number of the oldest event that the log still has; one past the last when it has none. */
export function oldestSequence(sql: Sql): number {
  const row = sql.get<{ oldest: number }>('SELECT sequence - count + 1 AS oldest FROM log ORDER BY sequence LIMIT 1');
  return row?.oldest ?? lastSequence(sql) + 1;
}

const LOG_PAGE = 100;

/** Log rows that hold events after `after`, a page at a time, in order. */
export function* logAfter(sql: Sql, after: number): Generator<LogRow[]> {
  for (let from = after; ; ) {
    const rows = sql.all<Omit<LogRow, 'body'> & { body: string }>(
      'SELECT sequence, count, at, body FROM log WHERE sequence > ? ORDER BY sequence LIMIT ?',
      from,
      LOG_PAGE,
    );
    if (rows.length > 0) yield rows.map((row) => ({ ...row, body: JSON.parse(row.body) as LogBody }));
    const last = rows.at(-1);
    if (!last || rows.length < LOG_PAGE) return;
    from = last.sequence;
  }
}
