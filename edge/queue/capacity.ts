/** Open work by what it asks of a runner, from the counters of open batches: items are never walked through. */
import { timestamp } from '../../contract/names.ts';
import type { Capacity, CapacityDemand } from '../../contract/queue/capacity.ts';
import { canRun } from '../../graph/requirement.ts';
import { requirementIn } from './backlogs.ts';
import type { QueueContext } from './turn.ts';

interface DemandRow {
  body: string;
  pending: number;
  scheduled: number;
  in_progress: number;
  /** Of batches that know their mean, and the pending items of those that do not. */
  known_seconds: number;
  unknown: number;
  /** Of the batches' items that ever completed. */
  seconds: number;
  ran: number;
  oldest: number | null;
  next_start: number | null;
  deadline: number | null;
}

/**
 * A batch that may not start yet is scheduled, but for its retries, which start when they are asked for: they are counted
 * for such batches alone.
 */
const DEMANDS = `WITH open AS (
    SELECT requirement_no, batches.pending, batches.in_progress, batches.ran, batches.seconds, batches.deadline,
      MAX(batches.created_at, COALESCE(batches.start_after, 0)) AS since,
      CASE WHEN batches.start_after > ?1 THEN
        (SELECT COUNT(*) FROM items INDEXED BY items_retried
         WHERE items.batch_no = batches.batch_no AND items.batch_index IS NOT NULL AND items.status = 'pending')
      ELSE batches.pending END AS startable
    FROM batches INDEXED BY batches_open JOIN backlogs USING (backlog_no)
    WHERE batches."pending" + batches."in_progress" + batches."waiting" > 0)
  SELECT body, SUM(startable) AS pending, SUM(pending - startable) AS scheduled, SUM(in_progress) AS in_progress,
    COALESCE(SUM(startable * seconds / ran) FILTER (WHERE ran > 0), 0) AS known_seconds,
    COALESCE(SUM(startable) FILTER (WHERE ran = 0), 0) AS unknown,
    SUM(seconds) AS seconds, SUM(ran) AS ran,
    MIN(since) FILTER (WHERE since <= ?1 AND startable > 0) AS oldest,
    MIN(since) FILTER (WHERE since > ?1 AND pending > startable) AS next_start,
    MIN(deadline) FILTER (WHERE deadline > ?1) AS deadline
  FROM open JOIN requirements USING (requirement_no) GROUP BY requirement_no ORDER BY requirement_no`;

interface RunnerRow {
  engine: number;
  types: string;
  draining: number;
  busy: number;
}

export const RUNNERS = `SELECT engine, types, draining, connected,
    EXISTS (SELECT 1 FROM items WHERE items.runner_no = runners.runner_no) AS busy
  FROM runners WHERE expires_at IS NOT NULL`;

export function capacity({ sql, queue_id }: QueueContext, now: number): Capacity {
  const queue = sql.get<{ paused: number; seconds: number; completed: number }>(
    'SELECT paused, total_device_seconds AS seconds, total_completed AS completed FROM queue',
  );
  const runners = sql.all<RunnerRow>(RUNNERS);
  const able = runners
    .filter((runner) => runner.draining === 0)
    .map((runner) => ({ ...runner, types: JSON.parse(runner.types) as Record<string, string> }));
  const overall = queue && queue.completed > 0 ? queue.seconds / queue.completed : null;
  const demands = sql.all<DemandRow>(DEMANDS, now).map((row): CapacityDemand => {
    const requirement = requirementIn(row.body);
    const fit = able.filter((runner) => canRun(runner, requirement));
    return {
      requirement,
      pending: row.pending,
      scheduled: row.scheduled,
      in_progress: row.in_progress,
      device_seconds: secondsOf(row, overall),
      oldest_wait_seconds: row.oldest === null ? null : (now - row.oldest) / 1_000,
      next_start_at: row.next_start === null ? null : timestamp(row.next_start),
      earliest_deadline: row.deadline === null ? null : timestamp(row.deadline),
      runners_able: fit.length,
      runners_idle: fit.filter((runner) => runner.busy === 0).length,
    };
  });
  return {
    queue_id,
    at: timestamp(now),
    paused: queue?.paused === 1,
    demands,
    total: totalOf(demands),
    runners: {
      registered: runners.length,
      idle: able.filter((runner) => runner.busy === 0).length,
      draining: runners.length - able.length,
    },
  };
}

/** A batch without a completed item takes what others with its requirement took, or else what any item did. */
function secondsOf(row: DemandRow, overall: number | null): number | null {
  if (row.unknown === 0) return row.known_seconds;
  const mean = row.ran > 0 ? row.seconds / row.ran : overall;
  return mean === null ? null : row.known_seconds + row.unknown * mean;
}

function totalOf(demands: readonly CapacityDemand[]): Capacity['total'] {
  const sum = (count: (demand: CapacityDemand) => number) => demands.reduce((total, one) => total + count(one), 0);
  /** Of those that are there; timestamps compare as text. */
  const least = <Value extends string | number>(values: readonly (Value | null)[], sign: 1 | -1): Value | null =>
    values.reduce<Value | null>(
      (best, value) => (value !== null && (best === null || (sign > 0 ? value < best : value > best)) ? value : best),
      null,
    );
  return {
    pending: sum((one) => one.pending),
    scheduled: sum((one) => one.scheduled),
    in_progress: sum((one) => one.in_progress),
    device_seconds: demands.some((one) => one.device_seconds === null) ? null : sum((one) => one.device_seconds ?? 0),
    oldest_wait_seconds: least(
      demands.map((one) => one.oldest_wait_seconds),
      -1,
    ),
    next_start_at: least(
      demands.map((one) => one.next_start_at),
      1,
    ),
    earliest_deadline: least(
      demands.map((one) => one.earliest_deadline),
      1,
    ),
  };
}
