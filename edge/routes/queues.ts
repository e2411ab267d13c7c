/** Queues as things: created, listed, set. What happens inside one is its object's. */
import { z } from 'zod';
import { CreateQueueBody, DEFAULT_QUEUE_SETTINGS, Queue, QueueSettings } from '../../contract/queue/queue.ts';
import { accountDb } from '../account/database.ts';
import { changeQueue, createQueue, findQueue, listQueues } from '../account/queues.ts';
import { checkQueue, opensQueue } from '../auth/require.ts';
import { endpoint } from '../endpoint.ts';
import { type App, queueStub } from '../env.ts';
import { ProblemError } from '../problem.ts';

const SETTING_NAMES = Object.keys(DEFAULT_QUEUE_SETTINGS) as (keyof QueueSettings)[];

const sameSettings = (a: QueueSettings, b: QueueSettings): boolean =>
  SETTING_NAMES.every((name) => a[name] === b[name]);

const Params = z.object({ queue_id: z.string() });
const tag = 'queues';

const noQueue = (queue_id: string) => new ProblemError('not_found', `There is no queue "${queue_id}".`);

export function registerQueuesRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/queues',
      operation_id: 'create_queue',
      tag,
      summary: 'Create a queue',
      description: 'The same call again changes nothing; other settings under the same id are refused.',
      scopes: ['admin'],
      body: CreateQueueBody,
      responses: {
        201: { description: 'Created', schema: Queue },
        200: { description: 'It was there, with these settings', schema: Queue },
      },
      problems: ['queue_exists'],
    },
    async (c, { body }) => {
      if (!opensQueue(c.var.principal, body.queue_id))
        throw new ProblemError('forbidden', `This key does not open the queue "${body.queue_id}".`);
      const settings = { ...DEFAULT_QUEUE_SETTINGS, ...body.settings };
      const wanted = { queue_id: body.queue_id, settings };
      const { queue, created } = await createQueue(accountDb(c.env), wanted, Date.now());
      if (!sameSettings(queue.settings, settings))
        throw new ProblemError('queue_exists', `The queue "${queue.queue_id}" exists with other settings; PATCH it.`);
      await queueStub(c.env, queue.queue_id).configure(queue.queue_id, queue.settings, Date.now());
      return c.json(queue, created ? 201 : 200);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/queues',
      operation_id: 'list_queues',
      tag,
      summary: 'The queues that the key opens',
      scopes: ['read', 'runner'],
      responses: { 200: { description: 'Oldest first', schema: z.array(Queue) } },
    },
    async (c) => {
      const queues = await listQueues(accountDb(c.env));
      return c.json(queues.filter((queue) => opensQueue(c.var.principal, queue.queue_id)));
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/queues/{queue_id}',
      operation_id: 'get_queue',
      tag,
      summary: 'One queue',
      scopes: ['read', 'runner'],
      params: Params,
      responses: { 200: { description: 'The queue', schema: Queue } },
    },
    async (c, { params: { queue_id } }) => {
      await checkQueue(c.env, c.var.principal, queue_id);
      const queue = await findQueue(accountDb(c.env), queue_id);
      if (!queue) throw noQueue(queue_id);
      return c.json(queue);
    },
  );

  endpoint(
    app,
    {
      method: 'patch',
      path: '/api/v1/queues/{queue_id}',
      operation_id: 'update_queue',
      tag,
      summary: 'Change settings of a queue; those not named stay',
      scopes: ['admin'],
      params: Params,
      body: QueueSettings.partial().meta({ id: 'UpdateQueueBody' }),
      responses: { 200: { description: 'The queue as it is now', schema: Queue } },
    },
    async (c, { params: { queue_id }, body }) => {
      await checkQueue(c.env, c.var.principal, queue_id);
      const queue = await changeQueue(accountDb(c.env), queue_id, body);
      if (!queue) throw noQueue(queue_id);
      await queueStub(c.env, queue_id).configure(queue_id, queue.settings, Date.now());
      return c.json(queue);
    },
  );
}
