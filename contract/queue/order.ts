/** Where an item stands in the order of claims, and how its owner changes that. */
import { z } from 'zod';
import { Priority } from './batch.ts';

export const SetPriorityBody = z.strictObject({ priority: Priority }).meta({ id: 'SetPriorityBody' });
export type SetPriorityBody = z.infer<typeof SetPriorityBody>;

const Neighbour = z.int().min(1);

export const MoveItemBody = z
  .union([
    z.strictObject({ before: Neighbour.describe('the item that is to run right after it') }),
    z.strictObject({ after: Neighbour.describe('the item that is to run right before it') }),
  ])
  .meta({ id: 'MoveItemBody' });
export type MoveItemBody = z.infer<typeof MoveItemBody>;

export const ItemPosition = z
  .object({
    item_id: z.int(),
    position: z
      .int()
      .nullable()
      .describe(
        'how many items are claimed before it: 0 when it is next or a runner holds it, null when it is not pending. An estimate where users take turns and their items take different times',
      ),
    total: z.int().describe('pending items of the queue'),
  })
  .meta({ id: 'ItemPosition' });
export type ItemPosition = z.infer<typeof ItemPosition>;
