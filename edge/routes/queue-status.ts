/** Counters of the queue and of a batch, and who works on it. */
import { z } from 'zod';
import { BatchStatus, QueueAndProcessorStatus, RunnerView } from '../../contract/queue/queue.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { callOf, queueOf, read } from './queue-call.ts';

export function registerStatusRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/status`,
      operation_id: 'get_queue_status',
      tag: 'queue',
      summary: 'Counters of the queue',
      scopes: ['read'],
      responses: { 200: { description: 'The counters.', schema: QueueAndProcessorStatus } },
    },
    async (c) => c.json(await read(c, 'status', null)),
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/b/{batch_id}/status`,
      operation_id: 'get_batch_status',
      tag: 'queue',
      summary: 'Counters of a batch; all zero when it is unknown',
      scopes: ['read'],
      params: z.object({ batch_id: z.string() }),
      responses: { 200: { description: 'The counters.', schema: BatchStatus } },
    },
    async (c, { params }) => c.json(await read(c, 'batch_status', params.batch_id)),
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/runners`,
      operation_id: 'list_runners',
      tag: 'queue',
      summary: 'Runners that are registered',
      scopes: ['read'],
      responses: { 200: { description: 'The runners.', schema: z.array(RunnerView) } },
    },
    async (c) => c.json(await queueOf(c).runners(callOf(c))),
  );
}
