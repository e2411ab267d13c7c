/** A runner asks for work and is granted leases (D5). */
import { z } from 'zod';
import { NodeOutput, PinnedGraph } from '../graph/graph.ts';
import { CLAIM_ITEMS_MAX, CLAIM_MODELS_MAX } from '../limits.ts';
import { InvocationId } from '../names.ts';
import { NodeFieldValue } from '../queue/batch.ts';
import { RunnerIdentity } from './register.ts';

/** The part of a claim that may also ride on a post of callbacks. */
export const ClaimRequest = z
  .object({
    claim: z.int().min(1).describe('rises by one with each claim of an epoch; the same number gets the same grants'),
    max_items: z.int().min(0).max(CLAIM_ITEMS_MAX),
    batches: z.array(z.string()).max(10_000).default([]).describe('batch ids whose graphs the runner still has'),
    models: z
      .array(z.string().max(64))
      .max(CLAIM_MODELS_MAX)
      .default([])
      .describe('hashes of the models that its device holds: work for them is preferred within a bound'),
  })
  .meta({ id: 'ClaimRequest' });
export type ClaimRequest = z.infer<typeof ClaimRequest>;

export const ClaimBody = RunnerIdentity.extend(ClaimRequest.shape).meta({ id: 'ClaimBody' });
export type ClaimBody = z.infer<typeof ClaimBody>;

/** A result that an earlier lease recorded; the session resumes after it. */
export const RecordedResult = z
  .object({ invocation_id: InvocationId, result: NodeOutput })
  .meta({ id: 'RecordedResult' });
export type RecordedResult = z.infer<typeof RecordedResult>;

export const Lease = z.object({
  item_id: z.int(),
  fence: z.int().describe('the number of the lease of this item'),
  token: z.string().describe('random; proves the lease together with the fence'),
});
export type Lease = z.infer<typeof Lease>;

export const Grant = Lease.extend({
  session_id: z.string(),
  batch_id: z.string(),
  user_id: z.string(),
  values: z.array(NodeFieldValue).describe('substitutions into the graph of the batch'),
  results: z.array(RecordedResult).describe('in order of completion'),
  cached: z
    .array(RecordedResult)
    .optional()
    .describe('what other sessions recorded for the same work: taken instead of running it, and reported as cached'),
  cache_scope: z
    .string()
    .optional()
    .describe('whose results of other sessions this one may use and add to; absent: nobody’s'),
  max_run_seconds: z.number().nullable().describe('this run of the session'),
  max_node_seconds: z.number().nullable().describe('one invocation'),
  traceparent: z.string().nullable().describe('W3C trace context of the call that enqueued it'),
}).meta({ id: 'Grant' });
export type Grant = z.infer<typeof Grant>;

export const BatchGraph = z.object({ batch_id: z.string(), graph: PinnedGraph }).meta({ id: 'BatchGraph' });
export type BatchGraph = z.infer<typeof BatchGraph>;

export const ClaimResult = z
  .object({
    claim: z.int(),
    grants: z.array(Grant),
    batches: z.array(BatchGraph).describe('the graphs of granted batches that the runner did not name'),
  })
  .meta({ id: 'ClaimResult' });
export type ClaimResult = z.infer<typeof ClaimResult>;
