import { z } from 'zod';
import { Label } from '../names.ts';
import { defineEvent } from './define.ts';

export const BatchEnqueued = defineEvent({
  name: 'batch_enqueued',
  description: 'A batch was expanded into pending items.',
  durable: true,
  payload: z.object({
    batch_id: z.string(),
    enqueued: z.int(),
    requested: z.int(),
    priority: z.int(),
    first_item_id: z
      .int()
      .nullable()
      .describe('its items are this id and the enqueued − 1 that follow; null when there are none'),
    origin: Label.nullable(),
    destination: Label.nullable(),
    user_id: z.string(),
  }),
  build: (batch: {
    batch_id: string;
    enqueued: number;
    requested: number;
    priority: number;
    first_item_id: number | null;
    origin: string | null;
    destination: string | null;
    user_id: string;
  }) => batch,
});
