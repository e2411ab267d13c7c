/** A queue as a thing: settings, status, and the results of calls that move many items. */
import { z } from 'zod';
import { NAME_LENGTH_MAX } from '../limits.ts';
import { QueueId, Timestamp } from '../names.ts';
import { StatusCounts } from './status.ts';

/** What an owner may set; a queue stores all of it. */
export const QueueSettings = z
  .strictObject({
    max_queue_size: z.int().min(1).max(10_000_000).describe('pending items; what does not fit is refused'),
    max_attempts: z.int().min(1).max(100).describe('starts without a new result before RunnerLost'),
    runner_timeout_seconds: z
      .number()
      .min(0.5)
      .max(3600)
      .describe('a runner silent for so long is lost and its items are free again'),
    events_retention_seconds: z.int().min(60).max(604_800).describe('how long an event can be resumed from, at least'),
    events_retention_count: z.int().min(1_000).max(10_000_000).describe('how many events are kept at least'),
  })
  .meta({ id: 'QueueSettings' });
export type QueueSettings = z.infer<typeof QueueSettings>;

export const DEFAULT_QUEUE_SETTINGS: QueueSettings = {
  max_queue_size: 200_000,
  max_attempts: 3,
  runner_timeout_seconds: 15,
  events_retention_seconds: 900,
  events_retention_count: 1_000_000,
};

export const Queue = z
  .object({ queue_id: QueueId, settings: QueueSettings, created_at: Timestamp })
  .meta({ id: 'Queue' });
export type Queue = z.infer<typeof Queue>;

export const CreateQueueBody = z
  .strictObject({ queue_id: QueueId, settings: QueueSettings.partial().optional() })
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

export const CancelByBatchIdsBody = z
  .strictObject({ batch_ids: z.array(z.string().max(NAME_LENGTH_MAX)).max(1_000) })
  .meta({ id: 'CancelByBatchIdsBody' });
export type CancelByBatchIdsBody = z.infer<typeof CancelByBatchIdsBody>;

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
