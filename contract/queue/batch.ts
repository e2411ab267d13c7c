/** A batch: a graph, what varies, and how often; and the calls that enqueue it. */
import { z } from 'zod';
import { FAULTS_LISTED_MAX } from '../error/problem.ts';
import { Graph } from '../graph/graph.ts';
import { BATCH_DATA_MAX, BATCH_ITEMS_MAX, NAME_LENGTH_MAX } from '../limits.ts';
import { BatchId, Label, NodeId, QueueId, Timestamp } from '../names.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Reference = z.strictObject({ image_name: z.string() });

/** One substituted value: a scalar, a list of scalars, or an image. */
export const BatchValue = z.union([Scalar, z.array(Scalar), Reference]);
export type BatchValue = z.infer<typeof BatchValue>;

const isScalar = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

function isBatchValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isScalar);
  if (typeof value !== 'object' || value === null) return isScalar(value);
  return typeof (value as { image_name?: unknown }).image_name === 'string' && Object.keys(value).length === 1;
}

const { $schema: _, ...documented } = z.toJSONSchema(BatchValue, { io: 'input' });

/**
 * A list of BatchValue, judged by hand: a million values take a union of schemas seconds, and as many issues gigabytes.
 * So only the first wrong ones are named.
 */
const BatchItems = (z.array(z.unknown()) as unknown as z.ZodArray<z.ZodType<BatchValue>>)
  .max(BATCH_ITEMS_MAX)
  .check(({ value, issues }) => {
    for (let index = 0, named = 0; index < value.length && named < FAULTS_LISTED_MAX; index++) {
      if (isBatchValue(value[index])) continue;
      named++;
      const message = 'Give a text, a number, true or false, a list of these, or {"image_name": …} here';
      issues.push({ code: 'custom', path: [index], message, input: value[index] });
    }
  })
  .meta({ items: documented });

/** The values that one field of one node takes, one an item. */
export const BatchDatum = z
  .strictObject({
    node_path: NodeId,
    field_name: z.string().min(1).max(NAME_LENGTH_MAX),
    items: BatchItems,
  })
  .meta({ id: 'BatchDatum' });
export type BatchDatum = z.infer<typeof BatchDatum>;

export const Priority = z.int().min(-1_000_000).max(1_000_000);

/** When the items of a batch may run, and how long. */
const Times = {
  start_after: Timestamp.nullish().describe('not before'),
  deadline: Timestamp.nullish().describe('what is not finished by then fails with TimeoutError'),
  max_run_seconds: z
    .number()
    .min(1)
    .max(604_800)
    .nullish()
    .describe('one run of a session; the queue’s setting when absent'),
};

export const Batch = z
  .strictObject({
    batch_id: BatchId.optional().describe('used once; made by the server when absent'),
    origin: Label.nullish(),
    destination: Label.nullish(),
    data: z.array(z.array(BatchDatum)).max(BATCH_DATA_MAX).nullish().describe('outer list: product; inner list: zip'),
    graph: Graph,
    workflow: z.record(z.string(), z.unknown()).nullish().describe('opaque; kept with the items'),
    runs: z.int().min(1).max(BATCH_ITEMS_MAX).default(1),
    priority: Priority.default(0).describe('higher runs first, among the items of one user'),
    ...Times,
  })
  .meta({ id: 'Batch' });
export type Batch = z.infer<typeof Batch>;

export const EnqueueBatchBody = z
  .strictObject({
    batch: Batch,
    prepend: z
      .boolean()
      .default(false)
      .describe('before every pending item: priority is the highest pending one plus 1'),
    allow_partial: z.boolean().default(false).describe('take what fits instead of refusing the whole batch'),
  })
  .meta({ id: 'EnqueueBatchBody' });
export type EnqueueBatchBody = z.infer<typeof EnqueueBatchBody>;

export const EnqueueGraphBody = z
  .strictObject({
    graph: Graph,
    origin: Label.nullish(),
    destination: Label.nullish(),
    priority: Priority.default(0),
    ...Times,
  })
  .meta({ id: 'EnqueueGraphBody' });
export type EnqueueGraphBody = z.infer<typeof EnqueueGraphBody>;

/** A substitution of one item: the fields that its batch changed in its graph. */
export const NodeFieldValue = z
  .object({ node_path: z.string(), field_name: z.string(), value: BatchValue })
  .meta({ id: 'NodeFieldValue' });
export type NodeFieldValue = z.infer<typeof NodeFieldValue>;

export const EnqueueBatchResult = z
  .object({
    queue_id: QueueId,
    enqueued: z.int(),
    requested: z.int(),
    batch: Batch.extend({ batch_id: BatchId }).optional().describe('echo; left out under Prefer: return=minimal'),
    batch_id: BatchId,
    priority: z.int(),
    item_ids: z.array(z.int()).describe('oldest first'),
  })
  .meta({ id: 'EnqueueBatchResult' });
export type EnqueueBatchResult = z.infer<typeof EnqueueBatchResult>;

export const EnqueueGraphResult = z
  .object({ queue_id: QueueId, batch_id: BatchId, item_id: z.int(), session_id: z.string(), priority: z.int() })
  .meta({ id: 'EnqueueGraphResult' });
export type EnqueueGraphResult = z.infer<typeof EnqueueGraphResult>;
