/** `enqueue_batch` and `enqueue_graph`. */
import {
  type Batch,
  EnqueueBatchBody,
  EnqueueBatchResult,
  EnqueueGraphBody,
  EnqueueGraphResult,
} from '../../contract/queue/batch.ts';
import { accountDb } from '../account/database.ts';
import { lookupModels } from '../account/models.ts';
import { catalogueFor } from '../catalogue.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import { compileBatch } from '../enqueue/compile.ts';
import type { App, AppContext } from '../env.ts';
import { type Idempotency, idempotencyOf } from '../idempotency.ts';
import { ProblemError } from '../problem.ts';
import type { EnqueuedBatch } from '../queue/enqueue.ts';
import { sessionId } from '../queue/session-id.ts';
import { usableAssets } from '../store/asset-access.ts';
import { formatTraceparent } from '../trace.ts';
import { command, queueIdOf, read } from './queue-call.ts';

interface EnqueueCall {
  batch: Batch;
  prepend: boolean;
  allow_partial: boolean;
  base: readonly string[];
}

async function enqueue(c: AppContext, { batch, prepend, allow_partial, base }: EnqueueCall) {
  const account = {
    lookupModels: async (keys: readonly string[]) => {
      const models = await lookupModels(accountDb(c.env), keys);
      return new Map([...models].map(([key, versions]) => [key, versions.map((model) => model.hash)]));
    },
    readableAssets: (names: readonly string[]) => usableAssets(c.env, c.var.principal, names, queueIdOf(c)),
  };
  const batch_id = batch.batch_id ?? crypto.randomUUID();
  const { user_id, lane } = c.var.principal;
  const idempotency = await idempotencyOf(c);
  try {
    const catalogue = await catalogueFor(c.env, batch.graph, Date.now());
    const compiled = await compileBatch(batch, catalogue, account, {
      ...{ batch_id, user_id, lane, prepend, allow_partial, base },
      traceparent: formatTraceparent(c.var.trace),
      idempotency,
      now: Date.now(),
    });
    return await command(c, 'enqueue', compiled);
  } catch (error) {
    // A deadline passes and a model goes: what was taken before must not be refused when its call comes again.
    const before = idempotency && error instanceof ProblemError ? await answerOf(c, idempotency) : null;
    if (before) return before;
    throw error;
  }
}

async function answerOf(c: AppContext, { key, body_hash }: Idempotency): Promise<EnqueuedBatch | null> {
  const kept = await read(c, 'kept_answer', key);
  return kept?.body_hash === body_hash ? (JSON.parse(kept.answer) as EnqueuedBatch) : null;
}

/** `Prefer: return=minimal` (RFC 7240) leaves the echo of the batch out. */
const wantsMinimal = (c: AppContext): boolean => /(^|,)\s*return=minimal\s*(,|;|$)/.test(c.req.header('prefer') ?? '');

export function registerEnqueueRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: `${QUEUE_PREFIX}/enqueue_batch`,
      operation_id: 'enqueue_batch',
      tag: 'queue',
      summary: 'Expand a batch into pending items',
      description:
        'Every node, edge and value is checked first; a batch with a fault, or one that does not fit, is refused whole.',
      scopes: ['enqueue'],
      body: EnqueueBatchBody,
      responses: { 201: { description: 'The batch was enqueued.', schema: EnqueueBatchResult } },
      idempotent: 'queue',
      problems: ['batch_exists', 'queue_full', 'storage_full'],
    },
    async (c, { body }) => {
      const { batch, prepend, allow_partial } = body;
      const done = await enqueue(c, { batch, prepend, allow_partial, base: ['batch'] });
      const minimal = wantsMinimal(c);
      const result: EnqueueBatchResult = {
        queue_id: queueIdOf(c),
        batch_id: done.batch_id,
        enqueued: done.enqueued,
        requested: done.requested,
        priority: done.priority,
        item_ids: Array.from({ length: done.enqueued }, (_, index) => done.first_item_id + index),
        ...(minimal ? {} : { batch: { ...batch, batch_id: done.batch_id } }),
      };
      return c.json(result, 201, minimal ? { 'preference-applied': 'return=minimal' } : {});
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${QUEUE_PREFIX}/enqueue_graph`,
      operation_id: 'enqueue_graph',
      tag: 'queue',
      summary: 'Enqueue one graph as one session',
      scopes: ['enqueue'],
      body: EnqueueGraphBody,
      responses: { 201: { description: 'The session was enqueued.', schema: EnqueueGraphResult } },
      idempotent: 'queue',
      problems: ['queue_full', 'storage_full'],
    },
    async (c, { body }) => {
      const batch: Batch = { ...body, runs: 1 };
      const done = await enqueue(c, { batch, prepend: false, allow_partial: false, base: [] });
      const queue_id = queueIdOf(c);
      const result: EnqueueGraphResult = {
        queue_id,
        batch_id: done.batch_id,
        item_id: done.first_item_id,
        session_id: sessionId(queue_id, done.first_item_id),
        priority: done.priority,
      };
      return c.json(result, 201);
    },
  );
}
