import { z } from 'zod';
import { Timestamp } from '../names.ts';
import type { ItemSummary } from '../queue/item.ts';
import { BatchStatus, QueueStatus } from '../queue/queue.ts';
import { StatusSchema } from '../queue/status-counts.ts';
import { defineEvent } from './define.ts';
import { ItemEventShape, itemEvent } from './item-event.ts';

export const QueueItemStatusChanged = defineEvent({
  name: 'queue_item_status_changed',
  description:
    'One item changed its status. An item’s invocation events come before its final status event; after that only its deletion.',
  durable: true,
  payload: z.object({
    ...ItemEventShape,
    status: StatusSchema,
    status_sequence: z.int(),
    error_type: z.string().nullable(),
    error_message: z.string().nullable(),
    error_traceback: z.string().nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
    started_at: Timestamp.nullable(),
    completed_at: Timestamp.nullable(),
    device: z.string().nullable(),
    queue_status: QueueStatus.describe('the counters after this transaction'),
    batch_status: BatchStatus.describe('the counters after this transaction'),
  }),
  build: (item: Omit<ItemSummary, 'field_values'>, queue_status: QueueStatus, batch_status: BatchStatus) => ({
    ...itemEvent(item),
    status: item.status,
    status_sequence: item.status_sequence,
    error_type: item.error_type,
    error_message: item.error_message,
    error_traceback: item.error_traceback,
    created_at: item.created_at,
    updated_at: item.updated_at,
    started_at: item.started_at,
    completed_at: item.completed_at,
    device: item.device,
    queue_status,
    batch_status,
  }),
});
