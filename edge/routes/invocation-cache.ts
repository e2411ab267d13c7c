/** The invocation cache, at InvokeAI's paths: of the queue that the query names. */
import { z } from 'zod';
import { DEFAULT_QUEUE_ID } from '../../contract/known-names.ts';
import { QueueId } from '../../contract/names.ts';
import { InvocationCacheStatus } from '../../contract/queue/invocation-cache.ts';
import type { QueueSettings } from '../../contract/queue/queue.ts';
import { accountDb } from '../account/database.ts';
import { changeQueue, findQueue } from '../account/queues.ts';
import { checkQueue } from '../auth/require.ts';
import { endpoint } from '../endpoint.ts';
import { type App, type AppContext, queueStub } from '../env.ts';
import { ProblemError } from '../problem.ts';
import type { Call } from '../queue/object.ts';
import { remoteQueue, unwrap } from '../remote-queue.ts';

const PATH = '/api/v1/app/invocation_cache';
const tag = 'queues';
const Query = z.object({ queue_id: QueueId.default(DEFAULT_QUEUE_ID) });
const responses = { 200: { description: 'As it is now', schema: InvocationCacheStatus } };

async function callOf(c: AppContext, queue_id: string): Promise<Call> {
  const { principal } = c.var;
  return { queue_id, version: await checkQueue(c.env, principal, queue_id), principal };
}

const statusOf = async (c: AppContext, call: Call): Promise<InvocationCacheStatus> =>
  unwrap(await remoteQueue(c.env, call.queue_id).read(call, 'invocation_cache', null));

/** Sets whose results are shared, where `change` says that this is to change. */
async function set(
  c: AppContext,
  queue_id: string,
  change: (mode: QueueSettings['invocation_cache']) => QueueSettings['invocation_cache'],
): Promise<InvocationCacheStatus> {
  const call = await callOf(c, queue_id);
  const found = await findQueue(accountDb(c.env), queue_id);
  const before = found?.queue.settings.invocation_cache ?? 'off';
  const invocation_cache = change(before);
  if (invocation_cache === before) return statusOf(c, call);
  const changed = await changeQueue(accountDb(c.env), queue_id, { invocation_cache }, Date.now());
  if (!changed) throw new ProblemError('not_found', `There is no queue "${queue_id}".`);
  await queueStub(c.env, queue_id).configure(queue_id, changed.queue.settings, changed.version);
  return statusOf(c, { ...call, version: changed.version });
}

export function registerInvocationCacheRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${PATH}/status`,
      operation_id: 'get_invocation_cache_status',
      tag,
      summary: 'What the invocation cache of a queue holds, and what it gave',
      scopes: ['read'],
      query: Query,
      responses,
    },
    async (c, { query: { queue_id } }) => c.json(await statusOf(c, await callOf(c, queue_id))),
  );

  endpoint(
    app,
    {
      method: 'delete',
      path: PATH,
      operation_id: 'clear_invocation_cache',
      tag,
      summary: 'Forget all results that sessions could take, those in the memories of runners included',
      description: 'Work that began before is not kept either. The counters begin anew.',
      scopes: ['admin'],
      query: Query,
      responses,
    },
    async (c, { query: { queue_id } }) => {
      const call = await callOf(c, queue_id);
      return c.json(unwrap(await remoteQueue(c.env, queue_id).command(call, 'empty_invocation_cache', null)));
    },
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${PATH}/enable`,
      operation_id: 'enable_invocation_cache',
      tag,
      summary: 'Let sessions take results of others of the same user',
      description: 'Those that are kept are used again. Where everybody’s results are shared, that stays so.',
      scopes: ['admin'],
      query: Query,
      responses,
    },
    async (c, { query: { queue_id } }) => c.json(await set(c, queue_id, (mode) => (mode === 'off' ? 'user' : mode))),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${PATH}/disable`,
      operation_id: 'disable_invocation_cache',
      tag,
      summary: 'Let every session run all of its nodes',
      description:
        'What is kept stays for when it is enabled again. The setting `invocation_cache` of the queue says the same.',
      scopes: ['admin'],
      query: Query,
      responses,
    },
    async (c, { query: { queue_id } }) => c.json(await set(c, queue_id, () => 'off')),
  );
}
