/** A queue item, its recorded invocations, and what its session returned. */
import { z } from 'zod';
import { NodeOutput } from '../graph/graph.ts';
import { IDS_PER_REQUEST_MAX } from '../limits.ts';
import { InvocationId, Label, QueueId, Timestamp } from '../names.ts';
import { NodeFieldValue } from './batch.ts';
import { StatusSchema } from './status-counts.ts';

/**
 * Why an item or an invocation failed. Distinct, because each has its own answer to "try again?":
 * NodeError and NodeInputError would fail again; ProcessorError, TimeoutError and RunnerLost may not, and
 * MemoryLimitError may pass on a runner that has more memory.
 * A node's own error class travels in `error_type`; these are the types that the system itself gives.
 */
export const SYSTEM_ERROR_TYPES = [
  'NodeInputError',
  'ProcessorError',
  'TimeoutError',
  'RunnerLost',
  'MemoryLimitError',
] as const;

export const ItemError = z
  .object({
    error_type: z.string().max(200),
    error_message: z.string(),
    error_traceback: z.string().nullish(),
  })
  .meta({ id: 'ItemError' });
export type ItemError = z.infer<typeof ItemError>;

/** Who owns an item and which session it is; every item event carries it. */
export const ItemIdentity = z.object({
  queue_id: QueueId,
  item_id: z.int(),
  batch_id: z.string(),
  session_id: z.string(),
  origin: Label.nullable(),
  destination: Label.nullable(),
  user_id: z.string(),
});
export type ItemIdentity = z.infer<typeof ItemIdentity>;

/** A row of a list: everything but the graph and the results. */
export const ItemSummary = ItemIdentity.extend({
  status: StatusSchema,
  status_sequence: z.int().describe('+1 on every change of status'),
  priority: z.int(),
  created_at: Timestamp,
  updated_at: Timestamp,
  started_at: Timestamp.nullable().describe('first start'),
  completed_at: Timestamp.nullable(),
  device: z.string().nullable(),
  attempts: z.int().describe('how often it was started'),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
  error_traceback: z.string().nullable(),
  field_values: z.array(NodeFieldValue),
  start_after: Timestamp.nullable(),
  deadline: Timestamp.nullable(),
  retried_from_item_id: z.int().nullable().describe('the first of a series of retries'),
  workflow_call_id: z.string().nullable(),
  parent_item_id: z.int().nullable(),
  parent_session_id: z.string().nullable(),
  root_item_id: z.int().nullable(),
  workflow_call_depth: z.int().nullable(),
}).meta({ id: 'SessionQueueItemSummary' });
export type ItemSummary = z.infer<typeof ItemSummary>;

/** The session's state with InvokeAI's keys, rebuilt from graph and results when it is read. */
export const SessionView = z
  .looseObject({
    id: z.string(),
    graph: z.unknown(),
    execution_graph: z.unknown(),
    executed: z.array(z.string()),
    executed_history: z.array(z.string()),
    results: z.record(z.string(), NodeOutput),
    errors: z.record(z.string(), z.string()),
    prepared_source_mapping: z.record(z.string(), z.string()),
    source_prepared_mapping: z.record(z.string(), z.array(z.string())),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

/** What stands for a session of more than SESSION_SHOWN_LENGTH_MAX. */
export const SessionLinks = z
  .object({
    id: z.string(),
    graph: z.unknown(),
    invocations: z.int().describe('how many are recorded'),
    links: z.object({
      invocations: z.string().describe('their first page'),
      outputs: z.string().describe('the first page of what the session returned'),
    }),
  })
  .meta({ id: 'SessionLinks' });
export type SessionLinks = z.infer<typeof SessionLinks>;

export const Item = ItemSummary.extend({
  session: z.union([SessionView, SessionLinks]).describe('links instead of results when it is very large'),
  workflow: z.record(z.string(), z.unknown()).nullable(),
}).meta({ id: 'SessionQueueItem' });
export type Item = z.infer<typeof Item>;

/** A union, as wherever null may stand for a named schema: `nullable` is documented as both at once. */
export const ItemOrNull = z.union([Item, z.null()]);

const NextCursor = z
  .string()
  .nullable()
  .describe('opaque; pass it as ?cursor= for the next page, also when this one is short; null: there is no more');

export const ItemPage = z
  .object({ items: z.array(ItemSummary), limit: z.int(), has_more: z.boolean(), next_cursor: NextCursor })
  .meta({ id: 'ItemPage' });
export type ItemPage = z.infer<typeof ItemPage>;

export const ItemIdsResult = z
  .object({ item_ids: z.array(z.int()), total_count: z.int() })
  .meta({ id: 'ItemIdsResult' });
export type ItemIdsResult = z.infer<typeof ItemIdsResult>;

export const ItemIdsBody = z
  .strictObject({ item_ids: z.array(z.int().min(1)).max(IDS_PER_REQUEST_MAX) })
  .meta({ id: 'ItemIdsBody' });
export type ItemIdsBody = z.infer<typeof ItemIdsBody>;

export const INVOCATION_STATUSES = ['completed', 'failed'] as const;

/** One recorded invocation of an item. */
export const InvocationRecord = z
  .object({
    invocation_id: InvocationId,
    invocation_source_id: z.string(),
    type: z.string(),
    is_intermediate: z.boolean().describe('its result is not an output of the session'),
    status: z.enum(INVOCATION_STATUSES),
    result: z.union([NodeOutput, z.null()]),
    error: z.union([ItemError, z.null()]),
    started_at: Timestamp,
    completed_at: Timestamp,
    seconds: z.number().describe('on the device'),
    attempt: z.int().describe('the fence under which it was recorded'),
    runner_id: z.string().nullable(),
    device: z.string().nullable(),
    cached: z.boolean(),
  })
  .meta({ id: 'InvocationRecord' });
export type InvocationRecord = z.infer<typeof InvocationRecord>;

/** A page of an item's recorded invocations, in order of completion. */
export const ItemInvocations = z
  .object({
    item_id: z.int(),
    status: StatusSchema,
    invocations: z.array(InvocationRecord),
    next_cursor: NextCursor,
  })
  .meta({ id: 'ItemInvocations' });
export type ItemInvocations = z.infer<typeof ItemInvocations>;

/** What the session is for: the results of its non-intermediate invocations, in order of completion; a page of them. */
export const ItemOutputs = z
  .object({
    item_id: z.int(),
    status: StatusSchema,
    next_cursor: NextCursor,
    outputs: z.array(
      z.object({
        invocation_id: InvocationId,
        invocation_source_id: z.string(),
        type: z.string(),
        result: NodeOutput,
      }),
    ),
  })
  .meta({ id: 'ItemOutputs' });
export type ItemOutputs = z.infer<typeof ItemOutputs>;
