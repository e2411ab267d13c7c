/** The scaling signal: what work is open, what it needs, and who could do it. */
import { z } from 'zod';
import { QueueId, Timestamp } from '../names.ts';

const count = z.int().min(0);

const OpenWork = {
  pending: count.describe('items that may run now and have not started'),
  scheduled: count.describe('pending items whose start_after has not come'),
  in_progress: count,
  device_seconds: z
    .number()
    .nullable()
    .describe('what the pending items take on a device, by the mean of those that completed; null: none has yet'),
  oldest_wait_seconds: z
    .number()
    .nullable()
    .describe('since the oldest batch with pending items could first run; null when nothing is pending'),
  next_start_at: Timestamp.nullable().describe('when the first of the scheduled items may run'),
  earliest_deadline: Timestamp.nullable().describe('of the batches with open work'),
};

/** Open work that asks the same of a runner. */
export const CapacityDemand = z
  .object({
    requirement: z.object({
      engine: z.int(),
      types: z.array(z.tuple([z.string(), z.string()])).describe('node types with their versions'),
      models: z.array(z.string()).describe('hashes of the models'),
    }),
    ...OpenWork,
    runners_able: count.describe('registered runners that take new work and can run it'),
    runners_idle: count.describe('of them, those that hold no lease'),
  })
  .meta({ id: 'CapacityDemand' });
export type CapacityDemand = z.infer<typeof CapacityDemand>;

export const Capacity = z
  .object({
    queue_id: QueueId,
    at: Timestamp,
    paused: z.boolean().describe('nothing is leased, whatever waits'),
    demands: z.array(CapacityDemand),
    total: z.object(OpenWork),
    runners: z.object({ registered: count, idle: count, draining: count }),
  })
  .meta({ id: 'Capacity' });
export type Capacity = z.infer<typeof Capacity>;
