/**
 * Another place in the order of claims: a pending item that no runner holds gets another priority, or goes before or
 * after another one of its user. It passes nobody else's items but those between its old and its new neighbours.
 */
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { MoveItemBody } from '../../contract/queue/order.ts';
import type { Principal } from '../../contract/store/key.ts';
import { theirs } from './item-access.ts';
import { readSummary } from './item-reads.ts';
import { between, isPossible, isRoomy, spread } from './places.ts';
import { CLAIMABLE } from './ready.ts';
import { Refusal } from './refusal.ts';
import { PLACE } from './schema.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

interface Placed {
  item_id: number;
  place: number;
}

interface MovableRow extends Placed {
  batch_no: number;
  backlog_no: number;
  user_id: string;
  lane: number;
  priority: number;
  status: string;
  runner_no: number | null;
}

export function setPriority(
  turn: Turn,
  principal: Principal,
  { item_id, priority }: { item_id: number; priority: number },
): ItemSummary {
  const item = movable(turn.sql, principal, item_id);
  if (item.priority !== priority) write(turn, item, priority, []);
  return readSummary(turn, item_id);
}

export function moveItem(
  turn: Turn,
  principal: Principal,
  { item_id, beside }: { item_id: number; beside: MoveItemBody },
): ItemSummary {
  const { sql } = turn;
  const item = movable(sql, principal, item_id);
  const [side, neighbour_id] =
    'before' in beside ? (['before', beside.before] as const) : (['after', beside.after] as const);
  if (neighbour_id === item_id) throw new Refusal('conflict', `Item ${item_id} cannot be moved ${side} itself.`);
  const neighbour = movable(sql, principal, neighbour_id);
  if (neighbour.user_id !== item.user_id)
    throw new Refusal('conflict', `Items ${item_id} and ${neighbour_id} belong to different users, who take turns.`);
  if (neighbour.lane !== item.lane)
    throw new Refusal(
      'conflict',
      `Items ${item_id} and ${neighbour_id} are of different lanes, which the keys that enqueued them grant.`,
    );
  write(turn, item, neighbour.priority, placesBeside(sql, item, neighbour, side));
  return readSummary(turn, item_id);
}

/** The item, if the principal may move it and it can be moved. */
function movable(sql: Sql, principal: Principal, item_id: number): MovableRow {
  const found = sql.get<MovableRow>(
    `SELECT item_id, batch_no, backlog_no, user_id, lane, priority, status, runner_no, ${PLACE} AS place
     FROM items JOIN backlogs USING (backlog_no) WHERE item_id = ? AND deleted IS NULL`,
    item_id,
  );
  const item = theirs(principal, item_id, found);
  if (item.status !== 'pending')
    throw new Refusal('conflict', `Item ${item_id} is ${item.status}; only pending items have a place in the order.`);
  if (item.runner_no !== null)
    throw new Refusal('conflict', `Item ${item_id} was granted to a runner and is about to start.`);
  return item;
}

/** The new places of the item and of those whose places are written again with it. */
function placesBeside(sql: Sql, item: MovableRow, neighbour: MovableRow, side: 'before' | 'after'): Placed[] {
  // Between two whole numbers stand moved items alone, so nobody who was never moved is passed on the way.
  const floor = side === 'before' ? Math.ceil(neighbour.place) - 1 : Math.floor(neighbour.place);
  const around = (count: number) => {
    const inside = ({ place }: Placed) => place > floor && place < floor + 1;
    const before = standing(sql, item, neighbour, side === 'after' ? '<=' : '<', count + 1).filter(inside);
    const after = standing(sql, item, neighbour, side === 'after' ? '>' : '>=', count + 1).filter(inside);
    const low = before[count]?.place ?? floor;
    const high = after[count]?.place ?? floor + 1;
    return { low, high, before: before.slice(0, count).reverse(), after: after.slice(0, count) };
  };
  const next = around(0);
  const place = between(next.low, next.high);
  if (place !== null) return [{ item_id: item.item_id, place }];
  for (let count = 16; ; count *= 2) {
    const { low, high, before, after } = around(count);
    const placed = [...before, item, ...after];
    const isAll = low === floor && high === floor + 1;
    if (!isAll && !isRoomy(low, high, placed.length)) continue;
    if (!isPossible(low, high, placed.length))
      throw new Refusal(
        'conflict',
        `Too many items were moved to where item ${neighbour.item_id} stands; move it elsewhere first.`,
      );
    return spread(low, high, placed.length).map((place, index) => ({ item_id: placed[index]?.item_id ?? 0, place }));
  }
}

/** The nearest claimable items of the user that stand before or after the neighbour, or at it: nearest first. */
function standing(
  sql: Sql,
  item: MovableRow,
  neighbour: MovableRow,
  where: '<' | '<=' | '>' | '>=',
  count: number,
): Placed[] {
  const direction = where.startsWith('<') ? 'DESC' : 'ASC';
  // Equal places stand by id; the range of places is what the index is asked for.
  const inRange = `items.priority = ?3 AND ${PLACE} ${where[0]}= ?4 AND (${PLACE} <> ?4 OR items.item_id ${where} ?5)`;
  const order = `${PLACE} ${direction}, items.item_id ${direction}`;
  return sql.all<Placed>(
    `WITH own (backlog_no) AS (
       SELECT backlog_no FROM backlogs WHERE user_id = ?1 AND lane = ?2 AND ready = 1 UNION SELECT ?8)
     SELECT items.item_id, ${PLACE} AS place FROM own CROSS JOIN items ON items.item_id IN (
       SELECT items.item_id FROM items WHERE items.backlog_no = own.backlog_no AND ${CLAIMABLE} AND ${inRange}
         AND items.item_id <> ?6 ORDER BY ${order} LIMIT ?7) ORDER BY ${order} LIMIT ?7`,
    neighbour.user_id,
    neighbour.lane,
    neighbour.priority,
    neighbour.place,
    neighbour.item_id,
    item.item_id,
    count,
    neighbour.backlog_no,
  );
}

/** Writes what moved; whoever is idle hears of it, as the item may go before what they left. */
function write(turn: Turn, item: MovableRow, priority: number, placed: readonly Placed[]): void {
  turn.sql.each(
    'UPDATE items SET place = value->>1 FROM json_each(?1) WHERE item_id = value->>0',
    placed.map(({ item_id, place }) => [item_id, place]),
  );
  turn.sql.all('UPDATE items SET priority = ? WHERE item_id = ?', priority, item.item_id);
  turn.facts.push(['moved', item.item_id, item.batch_no, priority]);
  turn.madeClaimable(item.backlog_no);
}
