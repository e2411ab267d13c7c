/** A runner shows life and names what it holds; what it does not name is free again (D5). */
import { z } from 'zod';
import { HELD_LEASES_MAX } from '../limits.ts';
import { RunnerIdentity, RunnerIntervals } from './register.ts';

/** A lease without its token: named by its holder, or to it. */
export const HeldLease = z.object({ item_id: z.int(), fence: z.int() }).meta({ id: 'HeldLease' });
export type HeldLease = z.infer<typeof HeldLease>;

export const HeartbeatBody = RunnerIdentity.extend({
  claim: z.int().min(0).describe('the last claim whose answer has arrived: later grants are not missing, only unknown'),
  held: z.array(HeldLease).max(HELD_LEASES_MAX),
  draining: z.boolean().default(false).describe('claims nothing more and is about to stop'),
  timeout_seconds: z
    .number()
    .min(0)
    .optional()
    .describe('the silence that it goes by, as it was told last: a shorter one counts from when it names that'),
}).meta({ id: 'HeartbeatBody' });
export type HeartbeatBody = z.infer<typeof HeartbeatBody>;

export const HeartbeatResult = z
  .object({
    canceled: z.array(z.int()).describe('named items that a user canceled: stop them'),
    gone: z.array(z.int()).describe('named items whose lease is not this runner’s any more: stop and discard'),
    claimable: z.boolean().describe('work that this runner can run is waiting'),
    drain: z.boolean().describe('an admin wants this runner to finish what runs and go'),
    ...RunnerIntervals.shape,
  })
  .meta({ id: 'HeartbeatResult' });
export type HeartbeatResult = z.infer<typeof HeartbeatResult>;
