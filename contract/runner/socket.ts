/**
 * The runner's socket: orders down, progress up. Nothing that must not be lost travels on it; every order is
 * repeated by the answer to the next heartbeat. A text frame `ping` is answered `pong` by the platform itself.
 */
import { z } from 'zod';
import { PREVIEW_BYTES_MAX } from '../limits.ts';
import { InvocationId } from '../names.ts';
import { Lease } from './claim.ts';
import { HeldLease } from './heartbeat.ts';

export const RunnerOrder = z
  .discriminatedUnion('order', [
    z.object({ order: z.literal('hello'), protocol: z.int() }),
    z.object({ order: z.literal('wake') }).describe('work that this runner can run is waiting: claim'),
    z.object({ order: z.literal('cancel'), item_ids: z.array(z.int()) }),
    z
      .object({ order: z.literal('recall'), leases: z.array(HeldLease) })
      .describe('these leases ended before they started, for a pause or better work: drop what has not started'),
    z
      .object({ order: z.literal('stop'), leases: z.array(HeldLease) })
      .describe('these leases ended, by a time limit or a deadline: stop what runs, drop what waits, report nothing'),
    z.object({ order: z.literal('drain') }),
    z.object({ order: z.literal('watch'), watched: z.boolean() }).describe('whether anybody looks at progress'),
  ])
  .meta({ id: 'RunnerOrder' });
export type RunnerOrder = z.infer<typeof RunnerOrder>;

export const ProgressImage = z
  .object({
    width: z.int(),
    height: z.int(),
    dataURL: z.string().max(PREVIEW_BYTES_MAX),
  })
  .meta({ id: 'ProgressImage' });
export type ProgressImage = z.infer<typeof ProgressImage>;

export const ProgressReport = Lease.extend({
  report: z.literal('progress'),
  invocation_id: InvocationId,
  message: z.string().max(1_000),
  percentage: z.number().min(0).max(1).nullable(),
  image: ProgressImage.nullable(),
}).meta({ id: 'ProgressReport' });
export type ProgressReport = z.infer<typeof ProgressReport>;

/** A model that a session waits for, announced to the owner of the item. */
export const ModelLoadReport = Lease.extend({
  report: z.enum(['model_load_started', 'model_load_complete']),
  model: z.object({ key: z.string(), hash: z.string(), type: z.string() }),
  submodel_type: z.string().nullable(),
}).meta({ id: 'ModelLoadReport' });
export type ModelLoadReport = z.infer<typeof ModelLoadReport>;

export const RunnerReport = z.discriminatedUnion('report', [ProgressReport, ModelLoadReport]);
export type RunnerReport = z.infer<typeof RunnerReport>;
