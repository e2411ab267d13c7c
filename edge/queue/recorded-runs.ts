/**
 * What the recorded invocations of an item tell of its runs, for those that a runner did not report on: the short ones, and
 * those that were lost with their runner. @pure but for the rows that it reads.
 */
import type { NodeStats, SessionStats } from '../../contract/queue/statistics.ts';
import { sourceOf } from './session-id.ts';
import type { Sql } from './storage.ts';

/** Rows that one answer adds up. A run of more takes long enough to be reported on. */
const INVOCATIONS_MAX = 10_000;

export interface RecordedRun {
  fence: number;
  runner_no: number;
  device: string | null;
  /** When its first node started. */
  started_at: number;
  stats: Pick<SessionStats, 'graph_stats' | 'node_stats'>;
}

interface Row {
  fence: number;
  runner_no: number;
  device: string | null;
  invocation_id: string;
  started_at: number;
  completed_at: number;
  seconds: number;
  cached: number;
  failed: number;
}

/** The runs that recorded something, by fence; none of an item with very many results. */
export function recordedRuns(
  sql: Sql,
  item_id: number,
  typeOf: (source_id: string) => string | undefined,
): Map<number, RecordedRun> {
  const rows = sql.all<Row>(
    `SELECT fence, runner_no, device, invocation_id, started_at, completed_at, seconds, cached, error IS NOT NULL AS failed
     FROM invocations WHERE item_id = ?1 AND (SELECT results FROM items WHERE item_id = ?1) <= ?2 ORDER BY ordinal`,
    item_id,
    INVOCATIONS_MAX,
  );
  const runs = Map.groupBy(rows, (row) => row.fence);
  return new Map([...runs].map(([fence, own]) => [fence, runOf(fence, own, typeOf)]));
}

function runOf(fence: number, rows: readonly Row[], typeOf: (source_id: string) => string | undefined): RecordedRun {
  const nodes = new Map<string, NodeStats>();
  let execution = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const row of rows) {
    execution += row.seconds;
    first = Math.min(first, row.started_at);
    last = Math.max(last, row.completed_at);
    const node_type = typeOf(sourceOf(row.invocation_id)) ?? 'unknown';
    const { num_calls, time_used_seconds, cache_hits = 0, failures = 0 } = nodes.get(node_type) ?? NONE;
    nodes.set(node_type, {
      ...{ node_type, num_calls: num_calls + 1, time_used_seconds: time_used_seconds + row.seconds },
      ...(cache_hits + row.cached > 0 ? { cache_hits: cache_hits + row.cached } : {}),
      ...(failures + row.failed > 0 ? { failures: failures + row.failed } : {}),
    });
  }
  const [row] = rows;
  return {
    ...{ fence, runner_no: row?.runner_no ?? 0, device: row?.device ?? null, started_at: first },
    stats: {
      graph_stats: { execution_time_seconds: execution, wall_time_seconds: Math.max(0, last - first) / 1_000 },
      node_stats: [...nodes.values()],
    },
  };
}

const NONE: Omit<NodeStats, 'node_type'> = { num_calls: 0, time_used_seconds: 0 };
