/** What the queue tells a monitor: counters that are kept, and a few sizes; nothing is counted for it. */
import { STATUS_NAMES } from '../../contract/queue/status.ts';
import { RUNNERS } from './capacity.ts';
import { type Counts, noCounts } from './fact.ts';
import { oldestSequence } from './log.ts';
import { countsOf, type QueueContext } from './turn.ts';

export interface QueueMetrics {
  queue_id: string;
  paused: boolean;
  /** In the order of the status table. */
  items: Counts;
  /** How many items ever came into each status; what follows never falls either. */
  arrived: Counts;
  enqueued: number;
  waits: { seconds: number; count: number };
  device_seconds: number;
  events: number;
  log: { events: number; length: number };
  database_bytes: number;
  runners: { registered: number; connected: number; busy: number; draining: number };
  /** 0 when nothing that may run waits. */
  oldest_pending_seconds: number;
}

const OLDEST_PENDING = `SELECT MIN(MAX(created_at, COALESCE(start_after, 0))) AS since FROM batches INDEXED BY batches_open
  WHERE "pending" + "in_progress" + "waiting" > 0 AND pending > 0 AND COALESCE(start_after, 0) <= ?`;

const LOG_LENGTH = `SELECT MAX(total_length) - MIN(total_length) + (SELECT LENGTH(body) FROM log ORDER BY sequence LIMIT 1) AS length
  FROM (SELECT total_length FROM (SELECT total_length FROM log ORDER BY sequence LIMIT 1)
    UNION ALL SELECT total_length FROM (SELECT total_length FROM log ORDER BY sequence DESC LIMIT 1))`;

type QueueRow = Record<string, number>;

export function metrics({ sql, queue_id }: QueueContext, now: number): QueueMetrics {
  const row = sql.get<QueueRow>('SELECT * FROM queue') ?? {};
  const number = (name: string): number => row[name] ?? 0;
  const runners = sql.all<{ draining: number; connected: number; busy: number }>(RUNNERS);
  const oldest = sql.get<{ since: number | null }>(OLDEST_PENDING, now)?.since ?? null;
  return {
    queue_id,
    paused: number('paused') === 1,
    items: 'pending' in row ? countsOf(row as Parameters<typeof countsOf>[0]) : noCounts(),
    arrived: STATUS_NAMES.map((status) => number(`total_${status}`)) as Counts,
    enqueued: number('total_enqueued'),
    waits: { seconds: number('total_wait_seconds'), count: number('total_waits') },
    device_seconds: number('total_device_seconds'),
    events: number('sequence'),
    log: {
      events: number('sequence') - oldestSequence(sql) + 1,
      length: sql.get<{ length: number | null }>(LOG_LENGTH)?.length ?? 0,
    },
    database_bytes: sql.size,
    runners: {
      registered: runners.length,
      connected: runners.filter((runner) => runner.connected === 1).length,
      busy: runners.filter((runner) => runner.busy === 1).length,
      draining: runners.filter((runner) => runner.draining === 1).length,
    },
    oldest_pending_seconds: oldest === null ? 0 : (now - oldest) / 1_000,
  };
}
