/**
 * Which backlogs and users may have something claimable: marks, so that a claim finds them through an index. A mark is
 * set in the transaction in which the first claimable item appears, and taken away when one that empties a backlog sees
 * it. So a mark may be left where nothing is claimable any more, which costs a seek, and is never missing.
 */
import type { Sql } from './storage.ts';

/** The items of `backlogs` that can be leased. */
export const CLAIMABLE = `items.status = 'pending' AND items.runner_no IS NULL`;

/** How many items of the backlog can be leased, counted up to `limit`. */
export const claimableIn = (sql: Sql, backlog_no: number, limit: number): number =>
  sql.one<{ count: number }>(
    `SELECT COUNT(*) AS count FROM (SELECT 1 FROM items WHERE backlog_no = ? AND ${CLAIMABLE} LIMIT ?)`,
    backlog_no,
    limit,
  ).count;

/**
 * Marks backlogs that gained claimable items, unless their time has not come. A user who had none and returns starts
 * where the others of the lane are: what was received long ago is not held against anybody, and waiting earns nothing.
 */
export function markReady(sql: Sql, backlog_nos: Iterable<number>, now: number, user: 'returns' | 'stays'): void {
  const gained = sql.each<{ backlog_no: number; user_id: string; lane: number }>(
    `SELECT backlog_no, user_id, lane FROM json_each(?1) AS wanted JOIN backlogs ON backlog_no = wanted.value
     WHERE ready = 0 AND start_after <= ?2`,
    [...backlog_nos],
    now,
  );
  if (gained.length === 0) return;
  sql.each(
    `INSERT INTO users (user_id, service, queued)
     SELECT value->>0, COALESCE((SELECT virtual_time FROM lanes WHERE lane = value->>1 AND ?2), 0), 1 FROM json_each(?1) WHERE true
     ON CONFLICT (user_id) DO UPDATE SET queued = 1, service = MAX(users.service, excluded.service) WHERE users.queued = 0`,
    gained.map(({ user_id, lane }) => [user_id, lane]),
    user === 'returns' ? 1 : 0,
  );
  sql.each(
    'UPDATE backlogs SET ready = 1 FROM json_each(?1) WHERE backlog_no = value',
    gained.map(({ backlog_no }) => backlog_no),
  );
}

/** Takes the marks from those of the backlogs that are empty, and from their users who have no other. */
export function unmarkEmpty(sql: Sql, backlog_nos: readonly number[]): void {
  const users = sql.each<{ user_id: string }>(
    `UPDATE backlogs SET ready = 0 FROM json_each(?1) WHERE backlog_no = value AND ready = 1
       AND NOT EXISTS (SELECT 1 FROM items WHERE items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE})
     RETURNING user_id`,
    backlog_nos,
  );
  sql.each(
    `UPDATE users SET queued = 0 FROM json_each(?1) WHERE user_id = value
       AND NOT EXISTS (SELECT 1 FROM backlogs WHERE backlogs.user_id = users.user_id AND ready = 1)`,
    [...new Set(users.map(({ user_id }) => user_id))],
  );
}
