/**
 * Retry: the root of a chain that failed or was canceled runs anew, as a new item of the same batch with the same
 * values. It starts when it is asked for: the times of the batch are those of its first run.
 */
import type { RetryResult } from '../../contract/queue/queue.ts';
import type { Status } from '../../contract/queue/status.ts';
import { maySee, type Principal } from '../../contract/store/key.ts';
import { backlogOf } from './backlogs.ts';
import { requireStorage, roomFor } from './enqueue.ts';
import { type Attempt, answered, remember } from './idempotency.ts';
import { notTheirs } from './item-access.ts';
import { itemIndex } from './item-view.ts';
import { FINAL } from './selection.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

export interface RetryInput {
  item_ids: readonly number[];
  idempotency: Attempt | null;
}

/** The root of the chain of an item that was named. */
interface Ended {
  named_item_id: number;
  named_status: Status;
  item_id: number;
  batch_no: number;
  backlog_no: number;
  batch_index: number | null;
  priority: number;
  status: Status;
  user_id: string;
  first_item_id: number;
  retried_from_item_id: number | null;
}

const RETRIED: readonly Status[] = FINAL.filter((status) => status !== 'completed');

/** Passes over ids of nothing and of what did not end badly; one item that is somebody else's refuses the whole call. */
export function retryItems(turn: Turn, principal: Principal, { item_ids, idempotency }: RetryInput): RetryResult {
  const before = idempotency && answered<RetryResult>(turn.sql, idempotency);
  if (before) return before;
  const ended = endedRoots(turn.sql, item_ids);
  const foreign = ended.find((item) => !maySee(principal, item.user_id));
  if (foreign) throw notTheirs(foreign.named_item_id);
  const roots = new Map(
    ended
      .filter((item) => RETRIED.includes(item.named_status) && RETRIED.includes(item.status))
      .map((item) => [item.item_id, item]),
  );
  const retried = fitting(turn, [...roots.values()]);
  if (retried.length > 0) requireStorage(turn);
  const first = turn.sql.one<{ next_item_id: number }>('SELECT next_item_id FROM queue').next_item_id;
  insert(turn, retried, first);
  const result: RetryResult = {
    queue_id: turn.queue_id,
    retried_item_ids: retried.map((item) => item.item_id),
    new_item_ids: retried.map((_, index) => first + index),
  };
  if (idempotency) remember(turn, idempotency, result);
  return result;
}

const endedRoots = (sql: Sql, item_ids: readonly number[]): Ended[] =>
  sql.each<Ended>(
    `SELECT named.item_id AS named_item_id, named.status AS named_status, root.item_id, root.batch_no, root.backlog_no,
       root.batch_index, root.priority, root.status, batches.user_id, batches.first_item_id, series.retried_from_item_id
     FROM json_each(?1) AS wanted CROSS JOIN items AS named ON named.item_id = wanted.value
     LEFT JOIN item_links AS links ON links.item_id = named.item_id
     JOIN items AS root ON root.item_id = COALESCE(links.root_item_id, named.item_id)
     JOIN batches ON batches.batch_no = root.batch_no
     LEFT JOIN item_links AS series ON series.item_id = root.item_id
     WHERE named.deleted IS NULL AND root.deleted IS NULL ORDER BY wanted.key`,
    item_ids,
  );

/** As many as the queue has room for, in the order in which they were named; and of each user, as it has for them. */
function fitting(turn: Turn, roots: readonly Ended[]): Ended[] {
  const left = turn.settings.max_queue_size - turn.sql.one<{ pending: number }>('SELECT pending FROM queue').pending;
  const rooms = new Map<string, number>();
  return roots
    .filter(({ user_id }) => {
      const room = rooms.get(user_id) ?? roomFor(turn, user_id);
      rooms.set(user_id, room - 1);
      return room > 0;
    })
    .slice(0, Math.max(0, left));
}

function insert(turn: Turn, retried: readonly Ended[], first: number): void {
  if (retried.length === 0) return;
  const { sql } = turn;
  const backlogs = new Map<number, number>();
  const rows = retried.map((item, index) => {
    const backlog_no = backlogs.get(item.backlog_no) ?? timeless(sql, item.backlog_no);
    backlogs.set(item.backlog_no, backlog_no);
    turn.move(item, null, 'pending');
    turn.madeClaimable(backlog_no);
    return [first + index, item.batch_no, backlog_no, item.priority, itemIndex(item, item.first_item_id)];
  });
  sql.each(
    `INSERT INTO items (item_id, batch_no, backlog_no, status, priority, batch_index, updated_at)
     SELECT value->>0, value->>1, value->>2, 'pending', value->>3, value->>4, ?2 FROM json_each(?1)`,
    rows,
    turn.now,
  );
  sql.each(
    'INSERT INTO item_links (item_id, retried_from_item_id) SELECT value->>0, value->>1 FROM json_each(?1)',
    retried.map((item, index) => [first + index, item.retried_from_item_id ?? item.item_id]),
  );
  sql.all('UPDATE queue SET next_item_id = ?', first + retried.length);
  turn.facts.push(['retried', retried.map((item, index) => [item.batch_no, item.item_id, first + index])]);
}

/** The same work without times. */
function timeless(sql: Sql, backlog_no: number): number {
  const work = sql.one<{
    requirement: string;
    user_id: string;
    lane: number;
    start_after: number;
    deadline: number | null;
  }>(
    `SELECT body AS requirement, user_id, lane, start_after, deadline
     FROM backlogs JOIN requirements USING (requirement_no) WHERE backlog_no = ?`,
    backlog_no,
  );
  if (work.start_after === 0 && work.deadline === null) return backlog_no;
  return backlogOf(sql, { ...work, start_after: null, deadline: null });
}
