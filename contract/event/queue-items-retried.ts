import { z } from 'zod';
import { defineEvent } from './define.ts';

/** A retry: the root of the chain that had ended, and the item that runs it anew. */
export interface Retry {
  retried_item_id: number;
  new_item_id: number;
}

export const QueueItemsRetried = defineEvent({
  name: 'queue_items_retried',
  description: 'Items that had failed or were canceled run anew, each as a new pending item.',
  durable: true,
  payload: z.object({
    retried_item_ids: z.array(z.int()).describe('the items that had ended: roots of their chains'),
    new_item_ids: z.array(z.int()).describe('the new items, in the same order'),
    user_ids: z.array(z.string()),
    retried_item_ids_by_user: z.record(z.string(), z.array(z.int())),
  }),
  build: (byUser: ReadonlyMap<string, readonly Retry[]>) => {
    const all = [...byUser.values()].flat().sort((a, b) => a.new_item_id - b.new_item_id);
    return {
      retried_item_ids: all.map((retry) => retry.retried_item_id),
      new_item_ids: all.map((retry) => retry.new_item_id),
      user_ids: [...byUser.keys()],
      retried_item_ids_by_user: Object.fromEntries(
        [...byUser].map(([user, retries]) => [user, retries.map((retry) => retry.retried_item_id)]),
      ),
    };
  },
});
