/** Backlogs: the pending work of one user with one requirement, which is what a claim chooses between. */
import { canRun, type Requirement } from '../../graph/requirement.ts';
import type { Sql } from './storage.ts';

/** The backlog of such work; made when it is the first. */
export function backlogOf(sql: Sql, requirement: string, user_id: string): number {
  sql.all('INSERT INTO requirements (body) VALUES (?) ON CONFLICT DO NOTHING', requirement);
  const { requirement_no } = sql.one<{ requirement_no: number }>(
    'SELECT requirement_no FROM requirements WHERE body = ?',
    requirement,
  );
  sql.all(
    'INSERT INTO backlogs (requirement_no, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
    requirement_no,
    user_id,
  );
  return sql.one<{ backlog_no: number }>(
    'SELECT backlog_no FROM backlogs WHERE requirement_no = ? AND user_id = ?',
    requirement_no,
    user_id,
  ).backlog_no;
}

/** Backlogs whose requirement the runner meets; its `types` are the JSON of its row. */
export function matchingBacklogs(sql: Sql, runner: { engine: number; types: string }): number[] {
  const able = { engine: runner.engine, types: JSON.parse(runner.types) as Record<string, string> };
  const matching = sql
    .all<{ requirement_no: number; body: string }>('SELECT requirement_no, body FROM requirements')
    .filter(({ body }) => canRun(able, JSON.parse(body) as Requirement))
    .map(({ requirement_no }) => requirement_no);
  return sql
    .each<{ backlog_no: number }>(
      'SELECT backlog_no FROM json_each(?1) AS wanted JOIN backlogs ON requirement_no = wanted.value',
      matching,
    )
    .map(({ backlog_no }) => backlog_no);
}
