/** Backlogs: the pending work of one user with one requirement, which is what a claim chooses between. */
import { canRun, type Requirement } from '../../graph/requirement.ts';
import type { Sql } from './storage.ts';

/** What the items of a backlog have in common. */
export interface Work {
  /** Canonical JSON of a Requirement. */
  requirement: string;
  user_id: string;
  lane: number;
  start_after: number | null;
  deadline: number | null;
}

/** The backlog of such work; made when it is the first. */
export function backlogOf(sql: Sql, { requirement, user_id, lane, start_after, deadline }: Work): number {
  sql.all('INSERT INTO requirements (body) VALUES (?) ON CONFLICT DO NOTHING', requirement);
  const { requirement_no } = sql.one<{ requirement_no: number }>(
    'SELECT requirement_no FROM requirements WHERE body = ?',
    requirement,
  );
  const key = [requirement_no, user_id, lane, start_after ?? 0, deadline];
  const found = sql.get<{ backlog_no: number }>(
    `SELECT backlog_no FROM backlogs
     WHERE requirement_no = ? AND user_id = ? AND lane = ? AND start_after = ? AND deadline IS ?`,
    ...key,
  );
  return (
    found ??
    sql.one<{ backlog_no: number }>(
      `INSERT INTO backlogs (requirement_no, user_id, lane, start_after, deadline) VALUES (?, ?, ?, ?, ?)
       RETURNING backlog_no`,
      ...key,
    )
  ).backlog_no;
}

/**
 * Backlogs that have a claimable item, found by one seek for each into the index of such items: those that are empty,
 * and the users and requirements of all the past with them, cost nothing.
 */
const CLAIMABLE = `WITH RECURSIVE
  found (backlog_no) AS (
    SELECT (SELECT MIN(backlog_no) FROM items WHERE status = 'pending' AND runner_no IS NULL)
    UNION ALL
    SELECT (SELECT MIN(backlog_no) FROM items
            WHERE status = 'pending' AND runner_no IS NULL AND backlog_no > found.backlog_no)
    FROM found WHERE found.backlog_no IS NOT NULL)
  SELECT backlog_no, requirement_no, body FROM found JOIN backlogs USING (backlog_no) JOIN requirements USING (requirement_no)`;

/** Backlogs with claimable items whose requirement the runner meets; its `types` are the JSON of its row. */
export function matchingBacklogs(sql: Sql, runner: { engine: number; types: string }): number[] {
  const able = { engine: runner.engine, types: JSON.parse(runner.types) as Record<string, string> };
  const judged = new Map<number, boolean>();
  return sql
    .all<{ backlog_no: number; requirement_no: number; body: string }>(CLAIMABLE)
    .filter(({ requirement_no, body }) => {
      const known = judged.get(requirement_no) ?? canRun(able, JSON.parse(body) as Requirement);
      judged.set(requirement_no, known);
      return known;
    })
    .map(({ backlog_no }) => backlog_no);
}
