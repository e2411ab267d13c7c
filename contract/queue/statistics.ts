/** What a session took, as its runner measured it, and what it wrote to its log. A figure without a source is absent. */
import { z } from 'zod';
import { LOG_MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX, NODE_STATS_MAX, SESSION_LOG_LINES_MAX } from '../limits.ts';
import { InvocationId, Timestamp } from '../names.ts';
import { StatusSchema } from './status-counts.ts';

const seconds = () => z.number().min(0);
/** Of 2^30 bytes. */
const gigabytes = () => z.number();

export const NodeStats = z
  .object({
    node_type: z.string().max(NAME_LENGTH_MAX),
    num_calls: z.int().min(0).describe('those that failed, and those answered from the invocation cache, included'),
    time_used_seconds: seconds(),
    cache_hits: z.int().min(0).optional().describe('calls answered from the invocation cache; absent: none'),
    failures: z.int().min(0).optional().describe('calls that failed; absent: none'),
    delta_vram_gb: gigabytes().optional().describe('the largest change during one call'),
  })
  .meta({ id: 'NodeStats' });
export type NodeStats = z.infer<typeof NodeStats>;

export const ModelCacheStats = z
  .object({
    high_water_mark_gb: gigabytes(),
    cache_size_gb: gigabytes().describe('the budget'),
    total_usage_gb: gigabytes(),
    cache_hits: z.int().min(0),
    cache_misses: z.int().min(0),
    models_cached: z.int().min(0),
    models_cleared: z.int().min(0),
  })
  .meta({ id: 'ModelCacheStats' });
export type ModelCacheStats = z.infer<typeof ModelCacheStats>;

/** Of one run of a session: what one runner did under one lease. */
export const SessionStats = z
  .object({
    graph_stats: z.object({
      execution_time_seconds: seconds().describe('the sum of the nodes'),
      wall_time_seconds: seconds().describe('from the start of the run to its end'),
      ram_usage_gb: gigabytes().optional().describe('of the device process, at the end'),
      ram_change_gb: gigabytes().optional(),
    }),
    vram_usage_gb: gigabytes().optional(),
    model_cache_stats: ModelCacheStats.optional(),
    node_stats: z.array(NodeStats).max(NODE_STATS_MAX),
    model_load_seconds: seconds().optional().describe('waiting for models: their download, check and load'),
    invocation_cache: z
      .object({
        hits: z.int().min(0),
        misses: z
          .int()
          .min(0)
          .describe('calls that the runner’s memory was asked for in vain; it is not asked for quick nodes'),
      })
      .optional(),
    transfer: z
      .object({
        bytes_read: z.int().min(0).describe('assets that came to the device'),
        bytes_written: z.int().min(0).describe('assets that its nodes stored'),
        seconds: seconds().describe('waiting for assets'),
      })
      .optional(),
  })
  .meta({ id: 'SessionStats' });
export type SessionStats = z.infer<typeof SessionStats>;

export const LOG_LEVELS = ['info', 'warn', 'error'] as const;

export const LogLine = z
  .object({
    at: Timestamp,
    level: z.enum(LOG_LEVELS),
    message: z.string().max(LOG_MESSAGE_LENGTH_MAX),
    invocation_id: InvocationId.optional(),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.infer<typeof LogLine>;

/** What a runner says of a run beside its results; kept with the item and shown by `/stats` and `/logs`. */
export const RunReport = z
  .object({
    stats: SessionStats.optional().describe('absent when the device died'),
    log: z.array(LogLine).max(SESSION_LOG_LINES_MAX).default([]).describe('the first lines, and the last ones'),
    log_lines_dropped: z.int().min(0).optional(),
  })
  .meta({ id: 'RunReport' });
export type RunReport = z.infer<typeof RunReport>;

/** What is known of one run of a session: what its runner reported, else what its results tell, else nothing. */
const RunStats = z.object({
  attempt: z.int().describe('the fence of the lease under which it ran'),
  runner_id: z.string().nullable().describe('null when the queue has forgotten the runner'),
  runner: z.string().nullable().describe('its name'),
  device: z.string().nullable(),
  started_at: Timestamp.optional(),
  reported_at: Timestamp.optional().describe('absent without a report: the figures are those of its results'),
  ...SessionStats.partial().shape,
  graph_stats: SessionStats.shape.graph_stats.extend({ graph_execution_state_id: z.string() }).optional(),
});

/** The statistics of an item: each run that reported or recorded something, in order. */
export const ItemStats = z
  .object({
    item_id: z.int(),
    session_id: z.string().describe('InvokeAI’s graph_execution_state_id'),
    status: StatusSchema,
    queue_wait_seconds: seconds()
      .optional()
      .describe('from when it was enqueued, or might start, to its first start; absent before, and for a retry'),
    runs: z.array(RunStats),
    totals: z
      .object({
        execution_time_seconds: seconds(),
        wall_time_seconds: seconds(),
        model_load_seconds: seconds().optional(),
      })
      .optional()
      .describe('of all runs with figures; absent without any'),
  })
  .meta({ id: 'ItemStats' });
export type ItemStats = z.infer<typeof ItemStats>;

/** What the runs of an item wrote, in order. A run writes its log when it ends. */
export const ItemLogs = z
  .object({
    item_id: z.int(),
    session_id: z.string(),
    status: StatusSchema,
    lines: z.array(LogLine.extend({ attempt: z.int().describe('the run that wrote it') })),
    lines_dropped: z.int().min(0).describe('lines of these runs that were too many to be kept'),
  })
  .meta({ id: 'ItemLogs' });
export type ItemLogs = z.infer<typeof ItemLogs>;
