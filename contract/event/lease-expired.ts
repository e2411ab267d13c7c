import { z } from 'zod';
import { defineEvent } from './define.ts';
import { type ItemEventPayload, ItemEventShape, itemEvent } from './item-event.ts';

export const LeaseExpired = defineEvent({
  name: 'lease_expired',
  description: 'The lease of a started item ended without its runner’s word; the item is pending again or has failed.',
  durable: true,
  payload: z.object({ ...ItemEventShape, fence: z.int(), runner_id: z.string() }),
  build: (item: ItemEventPayload, lease: { fence: number; runner_id: string }) => ({
    ...itemEvent(item),
    fence: lease.fence,
    runner_id: lease.runner_id,
  }),
});
