import { z } from 'zod';
import { defineEvent } from './define.ts';

export const QueueItemsPruned = defineEvent({
  name: 'queue_items_pruned',
  description:
    'Items were removed, by a user or by retention. Those that were not final were canceled first, by events of their own.',
  durable: true,
  payload: z.object({
    pruned_item_ids: z.array(z.int()),
    user_ids: z.array(z.string()),
    pruned_item_ids_by_user: z.record(z.string(), z.array(z.int())),
  }),
  build: (itemIdsByUser: ReadonlyMap<string, readonly number[]>) => ({
    pruned_item_ids: [...itemIdsByUser.values()].flat().sort((a, b) => a - b),
    user_ids: [...itemIdsByUser.keys()],
    pruned_item_ids_by_user: Object.fromEntries([...itemIdsByUser].map(([user, ids]) => [user, [...ids]])),
  }),
});
