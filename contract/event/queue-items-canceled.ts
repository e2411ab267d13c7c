import { z } from 'zod';
import { defineEvent } from './define.ts';

export const QueueItemsCanceled = defineEvent({
  name: 'queue_items_canceled',
  description: 'Items that were not running were canceled in bulk; each running one has a status event of its own.',
  durable: true,
  payload: z.object({
    canceled_item_ids: z.array(z.int()),
    user_ids: z.array(z.string()),
    canceled_item_ids_by_user: z.record(z.string(), z.array(z.int())),
  }),
  build: (itemIdsByUser: ReadonlyMap<string, readonly number[]>) => ({
    canceled_item_ids: [...itemIdsByUser.values()].flat().sort((a, b) => a - b),
    user_ids: [...itemIdsByUser.keys()],
    canceled_item_ids_by_user: Object.fromEntries([...itemIdsByUser].map(([user, ids]) => [user, [...ids]])),
  }),
});
