/** Every event of a queue's stream. OpenAPI, AsyncAPI and the client's types are generated from it. */
import { z } from 'zod';
import { BatchEnqueued } from './batch-enqueued.ts';
import { InvocationComplete } from './invocation-complete.ts';
import { InvocationError } from './invocation-error.ts';
import { InvocationProgress } from './invocation-progress.ts';
import { InvocationStarted } from './invocation-started.ts';
import { LeaseExpired } from './lease-expired.ts';
import { ModelLoadComplete, ModelLoadStarted } from './model-load.ts';
import { QueueCleared } from './queue-cleared.ts';
import { QueueItemMoved } from './queue-item-moved.ts';
import { QueueItemStatusChanged } from './queue-item-status-changed.ts';
import { QueueItemsCanceled } from './queue-items-canceled.ts';
import { QueueItemsPruned } from './queue-items-pruned.ts';
import { QueueItemsRetried } from './queue-items-retried.ts';
import { QueuePaused, QueueResumed } from './queue-paused.ts';
import { RunnerConnected } from './runner-connected.ts';
import { RunnerLost } from './runner-lost.ts';

export const EVENTS = {
  batch_enqueued: BatchEnqueued,
  queue_item_status_changed: QueueItemStatusChanged,
  queue_item_moved: QueueItemMoved,
  queue_items_canceled: QueueItemsCanceled,
  queue_items_retried: QueueItemsRetried,
  queue_items_pruned: QueueItemsPruned,
  queue_cleared: QueueCleared,
  queue_paused: QueuePaused,
  queue_resumed: QueueResumed,
  invocation_started: InvocationStarted,
  invocation_progress: InvocationProgress,
  invocation_complete: InvocationComplete,
  invocation_error: InvocationError,
  model_load_started: ModelLoadStarted,
  model_load_complete: ModelLoadComplete,
  runner_connected: RunnerConnected,
  runner_lost: RunnerLost,
  lease_expired: LeaseExpired,
} as const;

export type EventName = keyof typeof EVENTS;
export type EventPayload<Name extends EventName> = z.infer<(typeof EVENTS)[Name]['payload']>;

/** What stands around a payload; `sequence` and `prev` are absent from ephemeral events. */
export interface Envelope<Name extends EventName = EventName> {
  name: Name;
  timestamp: string;
  queue_id: string;
  sequence?: number;
  prev?: number;
}

/** A frame as clients receive it, discriminated by `name`. */
export type QueueEvent = { [Name in EventName]: Envelope<Name> & EventPayload<Name> }[EventName];

export const QueueEventSchema = z
  .union(Object.values(EVENTS).map((event) => event.frame) as [z.ZodType, z.ZodType, ...z.ZodType[]])
  .meta({ id: 'QueueEvent' });
