import { z } from 'zod';
import { defineEvent } from './define.ts';
import { type ItemEventPayload, ItemEventShape, itemEvent } from './item-event.ts';

export const QueueItemMoved = defineEvent({
  name: 'queue_item_moved',
  description: 'A pending item has another place in the order of claims: its priority changed, or it was moved.',
  durable: true,
  payload: z.object({ ...ItemEventShape, priority: z.int() }),
  build: (item: ItemEventPayload, priority: number) => ({ ...itemEvent(item), priority }),
});
