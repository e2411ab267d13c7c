/** Queues as things: created, listed, set. What happens inside one is its object's. */
import { z } from 'zod';
import { DEFAULT_QUEUE_ID } from '../../contract/known-names.ts';
import { CreateQueueBody, DEFAULT_QUEUE_SETTINGS, Queue, QueueSettings } from '../../contract/queue/queue.ts';
import { accountDb } from '../account/database.ts';
import { beginDeletion, changeQueue, createQueue, findQueue, listQueues, queueVersion } from '../account/queues.ts';
import { checkQueue, opensQueue } from '../auth/require.ts';
import { endpoint } from '../endpoint.ts';
import { type App, type AppContext, queueStub } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { deleteQueue } from '../queue-deletion.ts';
import { remoteQueue, unwrap } from '../remote-queue.ts';

const SETTING_NAMES = Object.keys(DEFAULT_QUEUE_SETTINGS) as (keyof QueueSettings)[];

const sameSettings = (a: QueueSettings, b: QueueSettings): boolean =>
  SETTING_NAMES.every((name) => a[name] === b[name]);

const Params = z.object({ queue_id: z.string() });
const tag = 'queues';

async function refuseWithWork(c: AppContext, queue: { queue_id: string; version: number }): Promise<void> {
  const call = { ...queue, principal: c.var.principal };
  const { queue: counts } = unwrap(await remoteQueue(c.env, queue.queue_id).read(call, 'status', null));
  const open = counts.pending + counts.in_progress + counts.waiting;
  if (open > 0)
    throw new ProblemError(
      'conflict',
      `The queue has ${open} items that are not finished; cancel them, or add ?force=true.`,
      {
        extra: { pending: counts.pending, in_progress: counts.in_progress, waiting: counts.waiting },
      },
    );
}

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
      idempotent: 'account',
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
      const { queue_id, location = null } = body;
      const settings = { ...DEFAULT_QUEUE_SETTINGS, ...body.settings };
      const made = await createQueue(accountDb(c.env), { queue_id, settings, location }, Date.now());
      if (!made)
        throw new ProblemError(
          'conflict',
          `The queue "${queue_id}" is being deleted; delete it again to be sure that it is gone.`,
        );
      const { queue, version, created } = made;
      if (!sameSettings(queue.settings, settings) || queue.location !== location)
        throw new ProblemError('queue_exists', `The queue "${queue_id}" exists with other settings; PATCH it.`);
      await queueStub(c.env, queue_id, location).configure(queue_id, queue.settings, version);
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
      const found = await findQueue(accountDb(c.env), queue_id);
      if (!found) throw noQueue(queue_id);
      return c.json(found.queue);
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
      const changed = await changeQueue(accountDb(c.env), queue_id, body, Date.now());
      if (!changed) throw noQueue(queue_id);
      await queueStub(c.env, queue_id).configure(queue_id, changed.queue.settings, changed.version);
      return c.json(changed.queue);
    },
  );

  endpoint(
    app,
    {
      method: 'delete',
      path: '/api/v1/queues/{queue_id}',
      operation_id: 'delete_queue',
      tag,
      summary: 'Delete a queue with everything in it',
      description:
        'One that has work is deleted only with ?force=true: its items are not canceled one by one, they are gone, and its sockets close. The id may be used again.',
      scopes: ['admin'],
      params: Params,
      query: z.object({ force: z.enum(['true', 'false']).default('false') }),
      responses: { 204: { description: 'There is no such queue any more' } },
      problems: ['conflict'],
    },
    async (c, { params: { queue_id }, query: { force } }) => {
      if (!opensQueue(c.var.principal, queue_id))
        throw new ProblemError('forbidden', `This key does not open the queue "${queue_id.slice(0, 128)}".`);
      if (queue_id === DEFAULT_QUEUE_ID)
        throw new ProblemError('conflict', `The queue "${DEFAULT_QUEUE_ID}" always exists; clear it instead.`);
      const version = await queueVersion(accountDb(c.env), queue_id, Date.now());
      if (version !== null && force === 'false') await refuseWithWork(c, { queue_id, version });
      const deletion = await beginDeletion(accountDb(c.env), queue_id, Date.now());
      if (!deletion) throw noQueue(queue_id);
      await deleteQueue(c.env, deletion);
      return c.body(null, 204);
    },
  );
}
