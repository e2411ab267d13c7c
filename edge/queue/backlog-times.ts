/** The times of backlogs: what may start from now on, and what should have been finished by now. */
import { timestamp } from '../../contract/names.ts';
import { readItems, writeItems } from './items.ts';
import { fail, tellHolders } from './leases.ts';
import { claimableIn } from './ready.ts';
import { wantedByIdle } from './runners.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** What one transaction does at most; the alarm comes again at once for the rest. */
const BACKLOGS_PER_TURN = 500;
export const ITEMS_PER_TURN = 500;

/** More items than idle runners want, or than could be recalled for, need not be counted. */
const COUNTED_AT_LEAST = 1_000;

/** Backlogs whose time has come are like those that never had one, and whoever is idle hears of them. */
export function startDue(turn: Turn): void {
  const due = turn.sql.all<{ backlog_no: number }>(
    `UPDATE backlogs SET start_after = 0 WHERE backlog_no IN
       (SELECT backlog_no FROM backlogs WHERE start_after > 0 AND start_after <= ? ORDER BY start_after LIMIT ?)
     RETURNING backlog_no`,
    turn.now,
    BACKLOGS_PER_TURN,
  );
  if (due.length === 0) return;
  const enough = Math.max(COUNTED_AT_LEAST, wantedByIdle(turn.sql));
  for (const { backlog_no } of due) {
    const count = claimableIn(turn.sql, backlog_no, enough);
    if (count > 0) turn.madeClaimable(backlog_no, count);
  }
}

interface DueBacklog {
  backlog_no: number;
  user_id: string;
  deadline: number;
}

/** What is not final at its deadline fails: first what is held, then what waits, a part in each transaction. */
export function endAtDeadline(turn: Turn): void {
  const { sql, now } = turn;
  const due = sql.all<DueBacklog>(
    'SELECT backlog_no, user_id, deadline FROM backlogs WHERE deadline <= ? ORDER BY deadline, backlog_no LIMIT ?',
    now,
    BACKLOGS_PER_TURN,
  );
  let room = ITEMS_PER_TURN;
  for (const backlog of due) {
    const item_ids = openItems(sql, backlog, room);
    failAll(turn, item_ids, backlog.deadline);
    room -= item_ids.length;
    if (room === 0) return;
    sql.all('UPDATE backlogs SET deadline = NULL WHERE backlog_no = ?', backlog.backlog_no);
  }
}

function openItems(sql: Sql, { backlog_no, user_id }: DueBacklog, limit: number): number[] {
  const found: number[] = [];
  const add = (query: string, ...bindings: (string | number)[]) => {
    for (const row of sql.all<{ item_id: number }>(query, ...bindings, limit - found.length)) found.push(row.item_id);
  };
  add(
    'SELECT item_id FROM items WHERE runner_no IS NOT NULL AND backlog_no = ? ORDER BY runner_no LIMIT ?',
    backlog_no,
  );
  add(
    `SELECT items.item_id FROM batches JOIN items
       ON items.item_id BETWEEN first_item_id AND first_item_id + enqueued - 1
     WHERE batches.user_id = ?1 AND batches.pending + batches.in_progress + batches.waiting > 0 AND batches.waiting > 0
       AND items.backlog_no = ?2 AND items.status = 'waiting' LIMIT ?3`,
    user_id,
    backlog_no,
  );
  add(
    `SELECT item_id FROM items WHERE backlog_no = ? AND status = 'pending' AND runner_no IS NULL LIMIT ?`,
    backlog_no,
  );
  return found;
}

function failAll(turn: Turn, item_ids: readonly number[], deadline: number): void {
  const items = [...readItems(turn.sql, item_ids).values()];
  const error = {
    error_type: 'TimeoutError',
    error_message: `The item was not finished by its deadline, ${timestamp(deadline)}.`,
  };
  writeItems(
    turn,
    items.map((item) => fail(turn, item, error)),
  );
  tellHolders(turn, 'stop', items);
}
