/** The event log's ends: where it begins now, and what retention removes (D4). */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { LogRow } from './fact.ts';
import type { Sql } from './storage.ts';

/** Rows that one transaction removes at most, so that retention never makes a call slow. */
const PRUNED_PER_TURN = 200;

/**
 * Removes what is both too old and too far back, and whatever is past the log's size. In a database that is half full
 * being old is enough: removed items can go only when the log has forgotten them. From its beginning only: a clock that
 * goes back must not leave a hole. Whether there may be more to do.
 */
export function pruneLog(sql: Sql, settings: QueueSettings, now: number): boolean {
  const [first, last] = ['ASC', 'DESC'].map((order) =>
    sql.get<{ sequence: number; at: number; total_length: number }>(
      `SELECT sequence, at, total_length FROM log ORDER BY sequence ${order} LIMIT 1`,
    ),
  );
  if (!first || !last) return false;
  const tooLong = last.total_length - settings.events_retention_bytes;
  const tooOld = now - settings.events_retention_seconds * 1000;
  // Nearly always this is all that there is to see.
  if (first.at >= tooOld && first.total_length > tooLong) return false;
  const pressed = sql.size > settings.max_storage_bytes / 2;
  const removed = sql.all(
    `WITH oldest AS (SELECT sequence, (sequence <= ?1 AND at < ?2) OR total_length <= ?3 AS old
       FROM log ORDER BY sequence LIMIT ?4)
     DELETE FROM log WHERE sequence IN (SELECT sequence FROM oldest)
       AND sequence < (SELECT COALESCE(MIN(sequence), ?5) FROM oldest WHERE NOT old) RETURNING 1`,
    pressed ? last.sequence : last.sequence - settings.events_retention_count,
    tooOld,
    tooLong,
    PRUNED_PER_TURN,
    last.sequence + 1,
  );
  return removed.length === PRUNED_PER_TURN;
}

/** Once in a while is enough where rows are appended: what is kept is a lower bound. */
export const isPruneDue = ({ sequence, count }: LogRow): boolean =>
  Math.floor(sequence / 100) !== Math.floor((sequence - count) / 100);

/** The number of the last event. */
export const lastSequence = (sql: Sql): number => sql.one<{ sequence: number }>('SELECT sequence FROM queue').sequence;

/** The number of the oldest event that the log still has; one past the last when it has none. */
export function oldestSequence(sql: Sql): number {
  const row = sql.get<{ oldest: number }>('SELECT sequence - count + 1 AS oldest FROM log ORDER BY sequence LIMIT 1');
  return row?.oldest ?? lastSequence(sql) + 1;
}
