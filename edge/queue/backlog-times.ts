/** The times of backlogs: what may start from now on, and what should have been finished by now. */
import { timestamp } from '../../contract/names.ts';
import { isWaiting } from './chains.ts';
import { readItems, writeItems } from './items.ts';
import { fail, tellHolders } from './leases.ts';
import { CLAIMABLE, claimableIn } from './ready.ts';
import { wantedByIdle } from './runners.ts';
import { ACTIVE, counted } from './selection.ts';
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
  if (due.length === 0) return;
  const item_ids = openItems(sql, due);
  failAll(turn, item_ids, new Map(due.map(({ backlog_no, deadline }) => [backlog_no, deadline])));
  if (item_ids.length === ITEMS_PER_TURN) return;
  sql.each(
    'UPDATE backlogs SET deadline = NULL FROM json_each(?1) WHERE backlog_no = value',
    due.map(({ backlog_no }) => backlog_no),
  );
}

/** Of all these backlogs at once, since what is leased and what waits is walked through for it. */
function openItems(sql: Sql, due: readonly DueBacklog[]): number[] {
  const backlog_nos = JSON.stringify(due.map(({ backlog_no }) => backlog_no));
  const found: number[] = [];
  const add = (query: string, ...bindings: string[]) => {
    const room = ITEMS_PER_TURN - found.length;
    if (room === 0) return;
    for (const row of sql.all<{ item_id: number }>(`${query} LIMIT ?2`, backlog_nos, room, ...bindings))
      found.push(row.item_id);
  };
  add(`SELECT item_id FROM items INDEXED BY items_leased
    WHERE runner_no IS NOT NULL AND backlog_no IN (SELECT value FROM json_each(?1)) ORDER BY runner_no`);
  if (isWaiting(sql))
    add(
      `SELECT items.item_id FROM json_each(?3) AS wanted CROSS JOIN batches INDEXED BY batches_open
         ON batches.user_id = wanted.value AND ${counted(ACTIVE)} > 0 AND waiting > 0
       CROSS JOIN items ON items.item_id BETWEEN first_item_id AND first_item_id + enqueued - 1
       WHERE batches.backlog_no IN (SELECT value FROM json_each(?1)) AND items.status = 'waiting'`,
      JSON.stringify([...new Set(due.map(({ user_id }) => user_id))]),
    );
  add(`SELECT items.item_id FROM json_each(?1) AS wanted CROSS JOIN items
    ON items.backlog_no = wanted.value AND ${CLAIMABLE}`);
  return found;
}

function failAll(turn: Turn, item_ids: readonly number[], deadlines: ReadonlyMap<number, number>): void {
  const items = [...readItems(turn.sql, item_ids).values()];
  writeItems(
    turn,
    items.map((item) =>
      fail(turn, item, {
        error_type: 'TimeoutError',
        error_message: `The item was not finished by its deadline, ${timestamp(deadlines.get(item.backlog_no) ?? turn.now)}.`,
      }),
    ),
  );
  tellHolders(turn, 'stop', items);
}
