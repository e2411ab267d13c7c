/** Counters of the queue, of a batch and of a destination, and who works on it. */
import { z } from 'zod';
import { LABEL_LENGTH_MAX } from '../../contract/limits.ts';
import { RunnerId } from '../../contract/names.ts';
import { BatchStatus, CountsByDestination, QueueAndProcessorStatus, RunnerView } from '../../contract/queue/queue.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { callOf, command, queueOf, read } from './queue-call.ts';

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
      path: `${QUEUE_PREFIX}/counts_by_destination`,
      operation_id: 'get_counts_by_destination',
      tag: 'queue',
      summary: 'Counters of the items with one destination',
      description: 'An admin is told of everybody’s items, others of their own.',
      scopes: ['read'],
      query: z.object({ destination: z.string().max(LABEL_LENGTH_MAX) }),
      responses: { 200: { description: 'The counters.', schema: CountsByDestination } },
    },
    async (c, { query }) => c.json(await read(c, 'counts_by_destination', query.destination)),
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

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/runners/{runner_id}/drain`,
      operation_id: 'drain_runner',
      tag: 'queue',
      summary: 'Let a runner finish what runs, and end',
      description:
        'It is given nothing more and told to go: it gives back what has not started, lets what runs finish within its grace period, and leaves the list. A runner that registers again with the same id works again.',
      scopes: ['admin'],
      params: z.object({ runner_id: RunnerId }),
      responses: { 204: { description: 'The runner is told.' } },
      problems: ['not_found'],
    },
    async (c, { params }) => {
      await command(c, 'drain_runner', params.runner_id);
      return c.body(null, 204);
    },
  );
}
