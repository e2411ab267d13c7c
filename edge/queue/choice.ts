/**
 * What a claim would take now: reads as much of the backlogs as the order of claims (order.ts) has to see. Users come
 * from an index by the service that they received; of each of their backlogs in the lane its head, and more of it as it
 * is taken. What was there before, what nobody able asks for and whose time has not come is never read.
 */
import type { Requirement } from '../../graph/requirement.ts';
import { openRequirements, type RunnerTypes, timely } from './backlogs.ts';
import { compareStandings, type Head, type Party, type Standing, take } from './order.ts';
import { CLAIMABLE } from './ready.ts';
import { PLACE } from './schema.ts';
import { expectedSeconds } from './service.ts';
import type { Sql } from './storage.ts';
import type { QueueContext } from './turn.ts';

export interface Wanted {
  lane: number;
  count: number;
  /** null: whoever can run anything. */
  runner: RunnerTypes | null;
  /** Hashes of the models that are loaded there. */
  models: readonly string[];
}

export interface Chosen extends Head {
  batch_no: number;
  backlog_no: number;
  user_id: string;
  /** What its user had received before. */
  service: number;
}

/** The order of the items of a backlog, as compareStandings has it; the index has it too. */
export const CLAIM_ORDER = `items.priority DESC, ${PLACE}, items.item_id`;

/** The best item of a backlog, for a query that has `backlogs` around it. */
export const HEAD = `(SELECT items.item_id FROM items WHERE items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE}
  ORDER BY ${CLAIM_ORDER} LIMIT 1)`;

/** Backlogs that count: of lane ?1, for the requirements of the list ?2, at ?3. The + leaves the lane to the index. */
const COUNTED = `backlogs.ready = 1 AND backlogs.lane = ?1 AND +backlogs.requirement_no IN (SELECT value FROM json_each(?2))
  AND ${timely('?3')}`;

/**
 * The ?4 users who are next. Whoever comes after them has no turn among so many choices: each choice puts one user
 * further back and nobody forward.
 */
export const NEXT_USERS = `SELECT users.user_id, users.service FROM users INDEXED BY users_queued
  CROSS JOIN items ON items.item_id = (
    SELECT items.item_id FROM backlogs CROSS JOIN items ON items.item_id = ${HEAD}
    WHERE backlogs.user_id = users.user_id AND ${COUNTED} ORDER BY ${CLAIM_ORDER} LIMIT 1)
  WHERE users.queued = 1 ORDER BY users.service, ${PLACE}, items.item_id LIMIT ?4`;

/** The backlogs of the users of the list ?4. */
export const BACKLOGS_OF_USERS = `SELECT backlogs.backlog_no, backlogs.requirement_no, backlogs.user_id
  FROM json_each(?4) AS wanted CROSS JOIN backlogs INDEXED BY backlogs_ready_by_user ON backlogs.user_id = wanted.value
  WHERE ${COUNTED}`;

/** The ?4 backlogs with the best heads, whoever's they are. */
export const NEXT_BACKLOGS = `SELECT backlogs.backlog_no, backlogs.requirement_no, backlogs.user_id
  FROM backlogs INDEXED BY backlogs_ready CROSS JOIN items ON items.item_id = ${HEAD}
  WHERE ${COUNTED} ORDER BY ${CLAIM_ORDER} LIMIT ?4`;

const ITEM = `items.item_id, items.batch_no, items.backlog_no, items.priority, ${PLACE} AS place`;

/** The best ?2 items of each backlog of the list ?1, in no order. */
export const FIRST_ITEMS = `SELECT ${ITEM} FROM json_each(?1) AS wanted CROSS JOIN items ON items.item_id IN (
    SELECT items.item_id FROM items WHERE items.backlog_no = wanted.value AND ${CLAIMABLE} ORDER BY ${CLAIM_ORDER} LIMIT ?2)`;

/** ?2 more items of backlog ?1, after the first ?3. */
export const MORE_ITEMS = `SELECT ${ITEM} FROM items WHERE items.backlog_no = ?1 AND ${CLAIMABLE}
  ORDER BY ${CLAIM_ORDER} LIMIT ?2 OFFSET ?3`;

interface BacklogRow {
  backlog_no: number;
  requirement_no: number;
  user_id: string;
}

interface ItemRow extends Standing {
  batch_no: number;
  backlog_no: number;
}

type LaneHead = Omit<Chosen, 'service'>;

/** The items of a lane that are next, in their order. Of a transaction that was booked (Turn.book). */
export function nextItems(
  { sql, settings }: Pick<QueueContext, 'sql' | 'settings'>,
  now: number,
  wanted: Wanted,
): Chosen[] {
  const { lane, count, runner, models } = wanted;
  const requirements = openRequirements(sql, lane, runner);
  if (requirements.size === 0) return [];
  const counted = [lane, JSON.stringify([...requirements.keys()]), now] as const;
  if (settings.order === 'fifo') {
    const pages = new Pages(sql, sql.all<BacklogRow>(NEXT_BACKLOGS, ...counted, count), count, () => 0);
    const party = { service: 0, heads: pages.heads() };
    return withServices(
      sql,
      take([party], count, (head) => pages.after(head)).map(({ head }) => head),
    );
  }
  const users = sql.all<{ user_id: string; service: number }>(NEXT_USERS, ...counted, count);
  const backlogs = sql.all<BacklogRow>(
    BACKLOGS_OF_USERS,
    ...counted,
    JSON.stringify(users.map((user) => user.user_id)),
  );
  const loaded = new Set(models);
  const pages = new Pages(sql, backlogs, count, ({ requirement_no }) =>
    residentModels(requirements, requirement_no, loaded),
  );
  const heads = Map.groupBy(pages.heads(), (head) => head.user_id);
  const parties = users.map(({ user_id, service }): Party<LaneHead> => ({ service, heads: heads.get(user_id) ?? [] }));
  return take(parties, count, (head) => pages.after(head)).map(({ head, service }) => Object.assign(head, { service }));
}

const residentModels = (
  requirements: ReadonlyMap<number, Requirement>,
  requirement_no: number,
  loaded: ReadonlySet<string>,
): number =>
  loaded.size === 0 ? 0 : (requirements.get(requirement_no)?.models.filter((model) => loaded.has(model)).length ?? 0);

/** Where the order does not depend on what users received, it is counted all the same: the setting may change. */
function withServices(sql: Sql, heads: readonly LaneHead[]): Chosen[] {
  const rows = sql.each<{ user_id: string; service: number }>(
    'SELECT user_id, service FROM json_each(?1) AS wanted JOIN users ON user_id = wanted.value',
    [...new Set(heads.map((head) => head.user_id))],
  );
  const services = new Map(rows.map(({ user_id, service }) => [user_id, service]));
  return heads.map((head) => {
    const service = services.get(head.user_id) ?? 0;
    services.set(head.user_id, service + head.cost);
    return { ...head, service };
  });
}

interface Page {
  user_id: string;
  resident: number;
  /** Those that were read and have not become the head, in order. */
  items: ItemRow[];
  read: number;
  /** How many the next read asks for; 0 when there are no more. */
  more: number;
}

/** The best `count` items of each; most often there is one backlog, whose items come in order. */
function firstItems(sql: Sql, backlogs: readonly BacklogRow[], count: number): ItemRow[] {
  const [backlog] = backlogs;
  if (backlog && backlogs.length === 1) return sql.all<ItemRow>(MORE_ITEMS, backlog.backlog_no, count, 0);
  return sql.each<ItemRow>(
    FIRST_ITEMS,
    backlogs.map(({ backlog_no }) => backlog_no),
    count,
  );
}

/** Backlogs, read from their best items on as far as they are needed. */
class Pages {
  readonly #sql: Sql;
  readonly #limit: number;
  readonly #pages: Map<number, Page>;
  readonly #costs = new Map<number, number>();

  /** `limit`: so many items are taken at most. */
  constructor(sql: Sql, backlogs: readonly BacklogRow[], limit: number, residentIn: (backlog: BacklogRow) => number) {
    this.#sql = sql;
    this.#limit = limit;
    const first = Math.ceil(limit / Math.max(1, backlogs.length));
    const items = Map.groupBy(firstItems(sql, backlogs, first), (item) => item.backlog_no);
    this.#pages = new Map(
      backlogs.map((backlog) => {
        const found = (items.get(backlog.backlog_no) ?? []).sort(compareStandings);
        const more = found.length < first ? 0 : Math.min(limit, first * 2);
        return [
          backlog.backlog_no,
          { user_id: backlog.user_id, resident: residentIn(backlog), items: found, read: found.length, more },
        ];
      }),
    );
    this.#readCosts([...items.values()].flat());
  }

  heads(): LaneHead[] {
    return [...this.#pages.values()].flatMap((page) => this.#next(page) ?? []);
  }

  /** What follows a head in its backlog. */
  after({ backlog_no }: LaneHead): LaneHead | null {
    const page = this.#pages.get(backlog_no);
    if (!page) return null;
    if (page.items.length === 0 && page.more > 0) {
      page.items = this.#sql.all<ItemRow>(MORE_ITEMS, backlog_no, page.more, page.read);
      page.read += page.items.length;
      page.more = page.items.length < page.more ? 0 : Math.min(this.#limit, page.more * 2);
      this.#readCosts(page.items);
    }
    return this.#next(page);
  }

  #next({ items, user_id, resident }: Page): LaneHead | null {
    const item = items.shift();
    return item ? Object.assign(item, { user_id, resident, cost: this.#costs.get(item.batch_no) ?? 1 }) : null;
  }

  #readCosts(items: readonly ItemRow[]): void {
    const unknown = new Set(items.map((item) => item.batch_no).filter((batch_no) => !this.#costs.has(batch_no)));
    const rows = this.#sql.each<{ batch_no: number; seconds: number; ran: number }>(
      'SELECT batch_no, seconds, ran FROM json_each(?1) AS wanted JOIN batches ON batch_no = wanted.value',
      [...unknown],
    );
    for (const row of rows) this.#costs.set(row.batch_no, expectedSeconds(row));
  }
}
