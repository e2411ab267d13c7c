import { z } from 'zod';
import { defineEvent } from './define.ts';

export const QueuePaused = defineEvent({
  name: 'queue_paused',
  description: 'No item starts any more until the queue is resumed; what runs goes on.',
  durable: true,
  payload: z.object({}),
  build: () => ({}),
});

export const QueueResumed = defineEvent({
  name: 'queue_resumed',
  description: 'Items start again.',
  durable: true,
  payload: z.object({}),
  build: () => ({}),
});
