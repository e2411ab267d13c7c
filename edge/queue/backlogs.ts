/** Backlogs: the pending work of one user with one requirement, which is what a claim chooses between. */
import { LANE_MAX } from '../../contract/store/key.ts';
import { canRun, type Requirement, type RunnerAbilities } from '../../graph/requirement.ts';
import { CLAIMABLE } from './ready.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** What the items of a backlog have in common. */
export interface Work {
  /** Canonical JSON of a Requirement. */
  requirement: string;
  user_id: string;
  lane: number;
  start_after: number | null;
  deadline: number | null;
}

export const FIND_BACKLOG = `SELECT backlog_no FROM backlogs
  WHERE requirement_no = ? AND user_id = ? AND lane = ? AND start_after = ? AND deadline IS ?`;

/** The backlog of such work; made when it is the first. */
export function backlogOf(sql: Sql, { requirement, user_id, lane, start_after, deadline }: Work): number {
  sql.all('INSERT INTO requirements (body) VALUES (?) ON CONFLICT DO NOTHING', requirement);
  const { requirement_no } = sql.one<{ requirement_no: number }>(
    'SELECT requirement_no FROM requirements WHERE body = ?',
    requirement,
  );
  const key = [requirement_no, user_id, lane, start_after ?? 0, deadline];
  const found = sql.get<{ backlog_no: number }>(FIND_BACKLOG, ...key);
  return (
    found ??
    sql.one<{ backlog_no: number }>(
      `INSERT INTO backlogs (requirement_no, user_id, lane, start_after, deadline) VALUES (?, ?, ?, ?, ?)
       RETURNING backlog_no`,
      ...key,
    )
  ).backlog_no;
}

/** The part of a runner's row that says what it can run; `types` is JSON. */
export interface RunnerTypes {
  engine: number;
  types: string;
}

const abilitiesOf = ({ engine, types }: RunnerTypes): RunnerAbilities => ({
  engine,
  types: JSON.parse(types) as Record<string, string>,
});

/** Requirements are few texts that every claim reads again. */
const parsed = new Map<string, Requirement>();
const PARSED_KEPT = 2_000;

export function requirementIn(body: string): Requirement {
  const known = parsed.get(body);
  if (known) return known;
  const requirement = JSON.parse(body) as Requirement;
  if (parsed.size >= PARSED_KEPT) parsed.clear();
  parsed.set(body, requirement);
  return requirement;
}

/** The highest lane below this one in which something may be claimable; null when there is none. */
export const nextLane = (sql: Sql, lane: number): number | null =>
  sql.one<{ lane: number | null }>('SELECT MAX(lane) AS lane FROM backlogs WHERE ready = 1 AND lane < ?', lane).lane;

/**
 * What backlogs of a lane that may have something claimable ask for, as far as the runner meets it (any, for null): one
 * seek for each requirement, so that work which it cannot run costs it nothing, however much there is.
 */
export function openRequirements(sql: Sql, lane: number, runner: RunnerTypes | null): Map<number, Requirement> {
  const able = runner && abilitiesOf(runner);
  const rows = sql.all<{ requirement_no: number; body: string }>(
    `WITH RECURSIVE found (requirement_no) AS (
       SELECT (SELECT MIN(requirement_no) FROM backlogs WHERE ready = 1 AND lane = ?1)
       UNION ALL
       SELECT (SELECT MIN(requirement_no) FROM backlogs WHERE ready = 1 AND lane = ?1 AND requirement_no > found.requirement_no)
       FROM found WHERE found.requirement_no IS NOT NULL)
     SELECT requirement_no, body FROM found JOIN requirements USING (requirement_no)`,
    lane,
  );
  const open = new Map(rows.map(({ requirement_no, body }) => [requirement_no, requirementIn(body)]));
  if (able)
    for (const [requirement_no, requirement] of open) if (!canRun(able, requirement)) open.delete(requirement_no);
  return open;
}

/** The time of a backlog has come, and has not passed. `?now` stands for the number of the parameter. */
export const timely = (now: string): string =>
  `backlogs.start_after <= ${now} AND (backlogs.deadline IS NULL OR backlogs.deadline > ${now})`;

/** Backlogs with claimable items whose requirement the runner meets; some `limit` of them at most. */
export function matchingBacklogs(turn: Turn, runner: RunnerTypes, limit = Number.MAX_SAFE_INTEGER): number[] {
  const { sql, now } = turn;
  turn.book();
  const found: number[] = [];
  for (let lane = nextLane(sql, LANE_MAX + 1); lane !== null && found.length < limit; lane = nextLane(sql, lane)) {
    const rows = sql.all<{ backlog_no: number }>(
      `SELECT backlog_no FROM backlogs WHERE ready = 1 AND lane = ?1 AND requirement_no IN (SELECT value FROM json_each(?2))
         AND ${timely('?3')} AND EXISTS (SELECT 1 FROM items WHERE items.backlog_no = backlogs.backlog_no AND ${CLAIMABLE})
       LIMIT ?4`,
      lane,
      JSON.stringify([...openRequirements(sql, lane, runner).keys()]),
      now,
      limit - found.length,
    );
    found.push(...rows.map(({ backlog_no }) => backlog_no));
  }
  return found;
}
