/**
 * How many items are claimed before one, and which is next. Counted in the index of claimable items, and of what comes
 * before the item only: as many entries as the answer says.
 */
import type { ItemPosition } from '../../contract/queue/order.ts';
import { LANE_MAX, type Principal } from '../../contract/store/key.ts';
import { isPaused } from './allowance.ts';
import { nextLane, timely } from './backlogs.ts';
import { CLAIM_ORDER, HEAD, nextItems } from './choice.ts';
import { theirs } from './item-access.ts';
import { readItem, type WholeItem } from './item-reads.ts';
import { comparePlaces, turnsBefore } from './order.ts';
import { CLAIMABLE } from './ready.ts';
import { PLACE } from './schema.ts';
import { expectedSeconds } from './service.ts';
import type { Sql } from './storage.ts';
import type { QueueContext } from './turn.ts';

/** What a runner that can run anything would be granted next; null when nothing is claimable, or the queue is paused. */
export function readNext(context: QueueContext, principal: Principal, now: number): WholeItem | null {
  const { sql } = context;
  if (isPaused(sql)) return null;
  for (let lane = nextLane(sql, LANE_MAX + 1); lane !== null; lane = nextLane(sql, lane)) {
    const [next] = nextItems(context, now, { lane, count: 1, runner: null, models: [] });
    if (next) return readItem(context, principal, next.item_id);
  }
  return null;
}

interface Placed {
  item_id: number;
  place: number;
}

interface PlacedRow extends Placed {
  batch_no: number;
  user_id: string;
  lane: number;
  priority: number;
  status: string;
  runner_no: number | null;
}

export function position(context: QueueContext, principal: Principal, item_id: number, now: number): ItemPosition {
  const { sql, settings } = context;
  const found = sql.get<PlacedRow>(
    `SELECT item_id, batch_no, user_id, lane, priority, status, runner_no, ${PLACE} AS place
     FROM items JOIN backlogs USING (backlog_no) WHERE item_id = ? AND deleted IS NULL`,
    item_id,
  );
  const item = theirs(principal, item_id, found);
  const total = sql.one<{ pending: number }>('SELECT pending FROM queue').pending;
  if (item.status !== 'pending') return { item_id, position: null, total };
  if (item.runner_no !== null) return { item_id, position: 0, total };
  const before = settings.order === 'fifo' ? ahead(sql, now, item, null) : inTurns(sql, now, item);
  return { item_id, position: lanesAbove(sql, now, item.lane) + before, total };
}

const count = (sql: Sql, query: string, ...bindings: (string | number | null)[]): number =>
  sql.one<{ count: number }>(`SELECT COUNT(*) AS count FROM ${query}`, ...bindings).count;

const lanesAbove = (sql: Sql, now: number, lane: number): number =>
  count(
    sql,
    `backlogs INDEXED BY backlogs_ready CROSS JOIN items ON items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
     WHERE backlogs.ready = 1 AND backlogs.lane > ?1 AND ${timely('?2')}`,
    lane,
    now,
  );

/** Items of the lane that go before it by priority and place: of its user, or of everybody. */
function ahead(sql: Sql, now: number, item: PlacedRow, user_id: string | null): number {
  const from = `backlogs INDEXED BY ${user_id === null ? 'backlogs_ready' : 'backlogs_ready_by_user'}
    CROSS JOIN items ON items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
    WHERE backlogs.ready = 1 AND backlogs.lane = ?1 AND ${timely('?2')} ${user_id === null ? 'AND ?3 IS NULL' : 'AND backlogs.user_id = ?3'}`;
  const higher = count(sql, `${from} AND items.priority > ?4`, item.lane, now, user_id, item.priority);
  const older = count(
    sql,
    `${from} AND items.priority = ?4 AND ${PLACE} <= ?5 AND (${PLACE} <> ?5 OR items.item_id < ?6)`,
    item.lane,
    now,
    user_id,
    item.priority,
    item.place,
    item.item_id,
  );
  return higher + older;
}

interface UserRow extends Placed {
  user_id: string;
  service: number;
  /** Items in higher lanes, which are charged before. */
  above: number;
  seconds: number;
  ran: number;
}

/**
 * Users with something in the lane ?1, at ?2, who have not received more than ?3; each with their first item there. What
 * their items will be charged is taken to be what the first one is.
 */
const USERS = `SELECT users.user_id, users.service, items.item_id, ${PLACE} AS place, batches.seconds, batches.ran,
    (SELECT COUNT(*) FROM backlogs INDEXED BY backlogs_ready_by_user CROSS JOIN items ON items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
     WHERE backlogs.user_id = users.user_id AND backlogs.ready = 1 AND backlogs.lane > ?1 AND ${timely('?2')}) AS above
  FROM users CROSS JOIN items ON items.item_id = (
    SELECT items.item_id FROM backlogs CROSS JOIN items ON items.item_id = ${HEAD}
    WHERE backlogs.user_id = users.user_id AND backlogs.ready = 1 AND backlogs.lane = ?1 AND ${timely('?2')}
    ORDER BY ${CLAIM_ORDER} LIMIT 1)
  JOIN batches ON batches.batch_no = items.batch_no WHERE users.queued = 1 AND users.service <= ?3`;

const serviceAtLane = (row: UserRow): number => row.service + row.above * expectedSeconds(row);

function inTurns(sql: Sql, now: number, item: PlacedRow): number {
  const { lane, user_id } = item;
  const rank = ahead(sql, now, item, user_id);
  const own = sql.get<UserRow>(`${USERS} AND users.user_id = ?4`, lane, now, Number.MAX_VALUE, user_id);
  if (!own) return rank;
  const service = serviceAtLane(own) + rank * expectedSeconds(own);
  const others = sql.all<UserRow>(`${USERS} AND users.user_id <> ?4`, lane, now, service, user_id);
  const turns = others.map((other) => ({
    other,
    ...turnsBefore(service, serviceAtLane(other), expectedSeconds(other)),
  }));
  // Whose first item alone can come before is known; of the others as many items are counted as have a turn before.
  const many = turns.filter((turn) => turn.before + (turn.ties ? 1 : 0) > 1);
  const counts = countUpTo(
    sql,
    now,
    lane,
    many.map(({ other, before }) => [other.user_id, before + 1]),
  );
  const countOf = ({ user_id }: UserRow) => counts.get(user_id) ?? 1;
  const tied = nthItems(
    sql,
    now,
    lane,
    many
      .filter(({ other, before, ties }) => ties && countOf(other) > before)
      .map(({ other, before }) => [other.user_id, before]),
  );
  return turns.reduce((sum, { other, before, ties }) => {
    const nth = before === 0 ? other : tied.get(other.user_id);
    return sum + Math.min(before, countOf(other)) + (ties && nth && comparePlaces(nth, item) < 0 ? 1 : 0);
  }, rank);
}

/** Of some user, counted or numbered. */
type OfUser = [user_id: string, number: number];

/** How many items users have in the lane, counted up to a number for each; in few statements, as the numbers are rounded up. */
function countUpTo(sql: Sql, now: number, lane: number, wanted: readonly OfUser[]): Map<string, number> {
  const rounded = Map.groupBy(wanted, ([, limit]) => 2 ** Math.ceil(Math.log2(limit)));
  const rows = [...rounded].flatMap(([limit, of]) =>
    sql.each<{ user_id: string; count: number }>(
      `SELECT wanted.value AS user_id, (SELECT COUNT(*) FROM (
         SELECT 1 FROM backlogs INDEXED BY backlogs_ready_by_user
         CROSS JOIN items ON items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
         WHERE backlogs.user_id = wanted.value AND backlogs.ready = 1 AND backlogs.lane = ?2 AND ${timely('?3')} LIMIT ?4)) AS count
       FROM json_each(?1) AS wanted`,
      of.map(([user_id]) => user_id),
      lane,
      now,
      limit,
    ),
  );
  return new Map(rows.map(({ user_id, count }) => [user_id, count]));
}

/** Of each user the item in the lane that has so many of theirs before it. */
function nthItems(sql: Sql, now: number, lane: number, wanted: readonly OfUser[]): Map<string, Placed> {
  const rows = [...Map.groupBy(wanted, ([, before]) => before)].flatMap(([before, of]) =>
    sql.each<Placed & { user_id: string }>(
      `SELECT wanted.value AS user_id, items.item_id, ${PLACE} AS place FROM json_each(?1) AS wanted
       CROSS JOIN items ON items.item_id = (
         SELECT items.item_id FROM backlogs INDEXED BY backlogs_ready_by_user CROSS JOIN items ON items.item_id IN (
           SELECT items.item_id FROM items WHERE items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
           ORDER BY ${CLAIM_ORDER} LIMIT ?4 + 1)
         WHERE backlogs.user_id = wanted.value AND backlogs.ready = 1 AND backlogs.lane = ?2 AND ${timely('?3')}
         ORDER BY ${CLAIM_ORDER} LIMIT 1 OFFSET ?4)`,
      of.map(([user_id]) => user_id),
      lane,
      now,
      before,
    ),
  );
  return new Map(rows.map((row) => [row.user_id, row]));
}
