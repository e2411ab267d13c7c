import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { ProcessorStatus, type QueueAndProcessorStatus } from '../../contract/queue/queue.ts';
import type { ClaimResult } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { queueStub } from '../env.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestSocket } from '../testing/socket.ts';

let adminKey: string;
let runnerKey: string;
let admin: Call;
let runner: Call;
beforeAll(async () => {
  await migrateAccount();
  adminKey = await makeKey();
  admin = caller(adminKey);
  runnerKey = await makeKey({ scopes: ['runner'] });
  runner = caller(runnerKey);
});

let queues = 0;
async function aQueue(items: number): Promise<{ queue_id: string; prefix: string }> {
  const queue_id = `processor-${++queues}`;
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  const prefix = `/api/v1/queue/${queue_id}`;
  if (items > 0) await enqueue(prefix, { runs: items });
  return { queue_id, prefix };
}

async function enqueue(prefix: string, over: object): Promise<void> {
  const graph = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };
  const response = await admin('POST', `${prefix}/enqueue_batch`, { json: { batch: { graph, ...over } } });
  expect(response.status, await response.clone().text()).toBe(201);
}

async function claim(prefix: string, identity: object, number: number) {
  const json = { ...identity, claim: number, max_items: 2 };
  return (await (await runner('POST', `${prefix}/runner/claim`, { json })).json<ClaimResult>()).grants;
}

async function register(prefix: string) {
  const json = {
    ...{ protocol: PROTOCOL_VERSION, runner_id: 'r1', name: 'r1', engine: ENGINE_VERSION },
    ...{ types: { integer: '1.0.0' }, devices: [{ id: 'cpu' }] },
  };
  const { epoch } = await (await runner('POST', `${prefix}/runner/register`, { json })).json<{ epoch: number }>();
  return { runner_id: 'r1', epoch };
}

const processor = async (prefix: string, what: 'pause' | 'resume') => {
  const response = await admin('PUT', `${prefix}/processor/${what}`);
  expect(response.status, await response.clone().text()).toBe(200);
  return ProcessorStatus.parse(await response.json());
};

describe('the processor', () => {
  test('[P141] is paused and resumed by an admin; holders and watchers are told, and eviction changes nothing', async () => {
    const { queue_id, prefix } = await aQueue(3);
    const identity = await register(prefix);
    const orders = await TestSocket.open(`${prefix}/runner/socket?runner_id=r1&epoch=${identity.epoch}`, runnerKey);
    const events = await TestSocket.open(`${prefix}/events`, adminKey);
    const [running, waiting] = await claim(prefix, identity, 1);
    if (!running || !waiting) throw new Error('there was work');
    const callbacks = (list: object[]) =>
      runner('POST', `${prefix}/runner/callbacks`, { json: { ...identity, entries: list } });
    await callbacks([entries(running).started]);

    expect(await processor(prefix, 'pause')).toEqual({ is_started: false, is_processing: true });
    await orders.until(({ messages }) => messages.some((message) => message.order === 'recall'));
    expect(orders.messages.at(-1)).toEqual({
      order: 'recall',
      leases: [{ item_id: waiting.item_id, fence: waiting.fence }],
    });
    await evictDurableObject(queueStub(env, queue_id));
    expect(await processor(prefix, 'pause')).toEqual({ is_started: false, is_processing: true });
    expect(await claim(prefix, identity, 2)).toEqual([]);
    await callbacks([entries(running).result, entries(running).complete]);
    const status = async () => (await admin('GET', `${prefix}/status`)).json<QueueAndProcessorStatus>();
    expect((await status()).processor).toEqual({ is_started: false, is_processing: false });

    expect(await processor(prefix, 'resume')).toEqual({ is_started: true, is_processing: false });
    await orders.until(({ messages }) => messages.at(-1)?.order === 'wake');
    expect(await claim(prefix, identity, 3)).toHaveLength(2);
    await events.until(({ messages }) => messages.some((message) => message.name === 'queue_resumed'));
    const told = events.messages.filter(({ name }) => name === 'queue_paused' || name === 'queue_resumed');
    expect(told.map(({ name }) => name)).toEqual(['queue_paused', 'queue_resumed']);
    for (const socket of [orders, events]) socket.close();
  });

  test('is nobody else’s to pause', async () => {
    const { prefix } = await aQueue(1);
    for (const scopes of [['read', 'enqueue', 'cancel'], ['runner']] as const) {
      const call = caller(await makeKey({ scopes: [...scopes] }));
      for (const what of ['pause', 'resume']) {
        const response = await call('PUT', `${prefix}/processor/${what}`);
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: 'forbidden' });
      }
    }
    expect((await (await admin('GET', `${prefix}/status`)).json<QueueAndProcessorStatus>()).processor.is_started).toBe(
      true,
    );
  });
});

/** From now, far enough for a slow machine to get there first. */
const soon = () => new Date(Date.now() + 1_500).toISOString();

describe('times, by the platform’s alarm', () => {
  test('an idle runner is woken when work may start, and what runs at its deadline is stopped', async () => {
    const { prefix } = await aQueue(0);
    const identity = await register(prefix);
    const orders = await TestSocket.open(`${prefix}/runner/socket?runner_id=r1&epoch=${identity.epoch}`, runnerKey);
    expect(await claim(prefix, identity, 1)).toEqual([]);
    await enqueue(prefix, { start_after: soon() });
    await orders.until(({ messages }) => messages.at(-1)?.order === 'wake');
    expect(await claim(prefix, identity, 2)).toMatchObject([{ item_id: 1 }]);
    await enqueue(prefix, { deadline: soon() });
    const [grant] = await claim(prefix, identity, 3);
    if (!grant) throw new Error('there was work');
    await runner('POST', `${prefix}/runner/callbacks`, { json: { ...identity, entries: [entries(grant).started] } });
    await orders.until(({ messages }) => messages.at(-1)?.order === 'stop');
    expect(orders.messages.at(-1)).toEqual({ order: 'stop', leases: [{ item_id: 2, fence: 1 }] });
    expect(await (await admin('GET', `${prefix}/i/2`)).json()).toMatchObject({
      status: 'failed',
      error_type: 'TimeoutError',
    });
    orders.close();
  }, 20_000);

  test('a session that runs too long is stopped', async () => {
    const { prefix } = await aQueue(0);
    await enqueue(prefix, { max_run_seconds: 1 });
    const identity = await register(prefix);
    const orders = await TestSocket.open(`${prefix}/runner/socket?runner_id=r1&epoch=${identity.epoch}`, runnerKey);
    const [grant] = await claim(prefix, identity, 1);
    if (!grant) throw new Error('there was work');
    await runner('POST', `${prefix}/runner/callbacks`, { json: { ...identity, entries: [entries(grant).started] } });
    await orders.until(({ messages }) => messages.at(-1)?.order === 'stop');
    expect(await (await admin('GET', `${prefix}/i/1`)).json()).toMatchObject({ error_type: 'TimeoutError' });
    orders.close();
  });
});

describe('a runner', () => {
  test('is drained by an admin: it is told, listed as draining, and given nothing', async () => {
    const { prefix } = await aQueue(1);
    const identity = await register(prefix);
    const orders = await TestSocket.open(`${prefix}/runner/socket?runner_id=r1&epoch=${identity.epoch}`, runnerKey);
    const drain = (call: Call, runner_id: string) => call('PUT', `${prefix}/runners/${runner_id}/drain`);
    expect((await drain(admin, 'r1')).status).toBe(204);
    expect((await drain(admin, 'r1')).status).toBe(204);
    await orders.until(({ messages }) => messages.at(-1)?.order === 'drain');
    expect(await claim(prefix, identity, 1)).toEqual([]);
    const json = { ...identity, claim: 1, held: [] };
    expect(await (await runner('POST', `${prefix}/runner/heartbeat`, { json })).json()).toMatchObject({ drain: true });
    expect(await (await admin('GET', `${prefix}/runners`)).json()).toMatchObject([{ runner_id: 'r1', draining: true }]);
    const unknown = await drain(admin, 'nobody');
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'not_found' }]);
    for (const scopes of [['read', 'enqueue', 'cancel'], ['runner']] as const)
      expect((await drain(caller(await makeKey({ scopes: [...scopes] })), 'r1')).status).toBe(403);
    const audit = await (await admin('GET', '/api/v1/audit')).json<{ entries: { operation_id: string }[] }>();
    expect(JSON.stringify(audit)).toContain('drain_runner');
    orders.close();
  });
});
