/** A queue as a thing: settings, status, and the results of calls that move many items. */
import { z } from 'zod';
import { IDS_PER_REQUEST_MAX, NAME_LENGTH_MAX } from '../limits.ts';
import { QueueId, Timestamp } from '../names.ts';
import { INVOCATION_CACHE_MODES } from './invocation-cache.ts';
import { StatusCounts } from './status-counts.ts';

export const QUEUE_ORDERS = ['fair', 'fifo'] as const;

/** What an owner may set; a queue stores all of it. */
export const QueueSettings = z
  .strictObject({
    max_queue_size: z.int().min(1).max(10_000_000).describe('pending items; what does not fit is refused'),
    max_user_pending: z.int().min(1).max(10_000_000).nullable().describe('pending items of one user; null: no limit'),
    max_storage_bytes: z
      .int()
      .min(1_000_000)
      .max(10_000_000_000)
      .describe('size of the queue’s database past which it takes no new work; the platform ends at 10 GB'),
    order: z
      .enum(QUEUE_ORDERS)
      .describe('fair: users take turns by the device time they received; fifo: by priority and age over all users'),
    max_attempts: z.int().min(1).max(100).describe('starts without a new result before RunnerLost'),
    runner_timeout_seconds: z
      .number()
      .min(0.5)
      .max(3600)
      .describe('a runner silent for so long is lost and its items are free again'),
    events_retention_seconds: z.int().min(60).max(604_800).describe('how long an event can be resumed from, at least'),
    events_retention_count: z.int().min(1_000).max(10_000_000).describe('how many events are kept at least'),
    events_retention_bytes: z
      .int()
      .min(1_000_000)
      .max(4_000_000_000)
      .describe('size of the event log past which older events go, however young'),
    max_run_seconds: z
      .number()
      .min(1)
      .max(604_800)
      .nullable()
      .describe('how long one run of a session may take, unless its batch says otherwise; null: no limit'),
    max_node_seconds: z.number().min(1).max(604_800).nullable().describe('the same for one invocation'),
    finished_retention_seconds: z
      .int()
      .min(60)
      .max(31_536_000)
      .nullable()
      .describe('finished items older than this are removed; null: never'),
    finished_retention_count: z
      .int()
      .min(0)
      .max(10_000_000)
      .nullable()
      .describe('of finished items, so many are kept; null: all'),
    idempotency_retention_seconds: z.int().min(60).max(604_800).describe('how long an Idempotency-Key is remembered'),
    invocation_cache: z
      .enum(INVOCATION_CACHE_MODES)
      .describe(
        'whose sessions take results of each other instead of running the same work: one user’s, or everybody’s',
      ),
    invocation_cache_max: z
      .int()
      .min(1)
      .max(100_000)
      .describe('results that are kept for that; those that were taken longest ago go first'),
  })
  .meta({ id: 'QueueSettings' });
export type QueueSettings = z.infer<typeof QueueSettings>;

export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  max_queue_size: 200_000,
  max_user_pending: null,
  max_storage_bytes: 8_000_000_000,
  order: 'fair',
  max_attempts: 3,
  runner_timeout_seconds: 15,
  events_retention_seconds: 900,
  events_retention_count: 1_000_000,
  events_retention_bytes: 500_000_000,
  max_run_seconds: 86_400,
  max_node_seconds: null,
  finished_retention_seconds: 2_592_000,
  finished_retention_count: 100_000,
  idempotency_retention_seconds: 86_400,
  invocation_cache: 'user',
  invocation_cache_max: 10_000,
};

/** Where a queue's object is placed when it is created; the platform takes it as a hint and never moves it. */
export const QueueLocation = z
  .enum(['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'])
  .meta({ id: 'QueueLocation' });
export type QueueLocation = z.infer<typeof QueueLocation>;

export const Queue = z
  .object({
    queue_id: QueueId,
    settings: QueueSettings,
    location: QueueLocation.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Queue' });
export type Queue = z.infer<typeof Queue>;

export const CreateQueueBody = z
  .strictObject({
    queue_id: QueueId,
    settings: QueueSettings.partial().optional(),
    location: QueueLocation.nullish().describe('near whom the queue lives; it cannot be changed later'),
  })
  .meta({ id: 'CreateQueueBody' });
export type CreateQueueBody = z.infer<typeof CreateQueueBody>;

/** Counters of the whole queue; the current item's ids stand here for its owner and for admins only. */
export const QueueStatus = StatusCounts.extend({
  queue_id: QueueId,
  item_id: z.int().nullable(),
  session_id: z.string().nullable(),
  batch_id: z.string().nullable(),
  user_pending: z.int().nullable(),
  user_in_progress: z.int().nullable(),
}).meta({ id: 'SessionQueueStatus' });
export type QueueStatus = z.infer<typeof QueueStatus>;

export const ProcessorStatus = z
  .object({
    is_started: z.boolean().describe('not paused'),
    is_processing: z.boolean().describe('some item is in progress'),
  })
  .meta({ id: 'SessionProcessorStatus' });
export type ProcessorStatus = z.infer<typeof ProcessorStatus>;

export const QueueAndProcessorStatus = z
  .object({ queue: QueueStatus, processor: ProcessorStatus })
  .meta({ id: 'SessionQueueAndProcessorStatus' });
export type QueueAndProcessorStatus = z.infer<typeof QueueAndProcessorStatus>;

export const BatchStatus = StatusCounts.extend({
  queue_id: QueueId,
  batch_id: z.string(),
  origin: z.string().nullable(),
  destination: z.string().nullable(),
}).meta({ id: 'BatchStatus' });
export type BatchStatus = z.infer<typeof BatchStatus>;

export const CanceledResult = z
  .object({ canceled: z.int().describe('items that this call moved') })
  .meta({ id: 'CancelResult' });
export type CanceledResult = z.infer<typeof CanceledResult>;

export const DeletedResult = z
  .object({ deleted: z.int().describe('items that this call removed') })
  .meta({ id: 'DeleteResult' });
export type DeletedResult = z.infer<typeof DeletedResult>;

export const RetryResult = z
  .object({
    queue_id: QueueId,
    retried_item_ids: z.array(z.int()).describe('the items that were retried: roots of their chains'),
    new_item_ids: z.array(z.int()).describe('the new items, in the same order'),
  })
  .meta({ id: 'RetryItemsResult' });
export type RetryResult = z.infer<typeof RetryResult>;

export const CountsByDestination = StatusCounts.extend({ queue_id: QueueId, destination: z.string() }).meta({
  id: 'SessionQueueCountsByDestination',
});
export type CountsByDestination = z.infer<typeof CountsByDestination>;

export const CancelByBatchIdsBody = z
  .strictObject({ batch_ids: z.array(z.string().max(NAME_LENGTH_MAX)).max(1_000) })
  .meta({ id: 'CancelByBatchIdsBody' });
export type CancelByBatchIdsBody = z.infer<typeof CancelByBatchIdsBody>;

/** A bare list, as in InvokeAI. */
export const RetryItemsBody = z.array(z.int().min(1)).max(IDS_PER_REQUEST_MAX).meta({ id: 'RetryItemsBody' });
export type RetryItemsBody = z.infer<typeof RetryItemsBody>;

/** A runner as others see it. */
export const RunnerView = z
  .object({
    runner_id: z.string(),
    name: z.string(),
    devices: z.array(z.string()),
    registered_at: Timestamp,
    last_seen_at: Timestamp,
    connected: z.boolean().describe('its socket is open'),
    leased: z.int(),
    draining: z.boolean(),
  })
  .meta({ id: 'Runner' });
export type RunnerView = z.infer<typeof RunnerView>;
