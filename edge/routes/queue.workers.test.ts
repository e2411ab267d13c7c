import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { QueueEventSchema } from '../../contract/event/registry.ts';
import type { EnqueueBatchResult } from '../../contract/queue/batch.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { queueStub } from '../env.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestSocket } from '../testing/socket.ts';

let admin: Call;
let adminKey: string;
let runner: Call;
let runnerKey: string;
beforeAll(async () => {
  await migrateAccount();
  adminKey = await makeKey();
  admin = caller(adminKey);
  runnerKey = await makeKey({ scopes: ['runner'] });
  runner = caller(runnerKey);
});

let queues = 0;
async function aQueue(settings: object = {}): Promise<string> {
  const queue_id = `queue-${++queues}`;
  const response = await admin('POST', '/api/v1/queues', { json: { queue_id, settings } });
  expect(response.status).toBe(201);
  return `/api/v1/queue/${queue_id}`;
}

const integerGraph = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };
const data = (items: unknown[]) => [[{ node_path: 'n', field_name: 'value', items }]];

async function enqueue(prefix: string, batch: object = {}, call = admin): Promise<EnqueueBatchResult> {
  const response = await call('POST', `${prefix}/enqueue_batch`, {
    json: { batch: { graph: integerGraph, ...batch } },
  });
  expect(response.status, await response.clone().text()).toBe(201);
  return response.json();
}

async function register(prefix: string, runner_id = 'r1') {
  const types = Object.fromEntries(
    Object.values(BUILTIN_CATALOGUE.node_types).map(({ type, version }) => [type, version]),
  );
  const json = {
    protocol: PROTOCOL_VERSION,
    runner_id,
    name: runner_id,
    engine: ENGINE_VERSION,
    types,
    devices: [{ id: 'cpu' }],
  };
  const response = await runner('POST', `${prefix}/runner/register`, { json });
  expect(response.status, await response.clone().text()).toBe(200);
  const { epoch } = await response.json<{ epoch: number }>();
  return { runner_id, epoch };
}

async function claim(prefix: string, identity: object, max_items: number, number = 1): Promise<Grant[]> {
  const response = await runner('POST', `${prefix}/runner/claim`, { json: { ...identity, claim: number, max_items } });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json<{ grants: Grant[] }>()).grants;
}

async function post(prefix: string, identity: object, list: object[]): Promise<string[]> {
  const response = await runner('POST', `${prefix}/runner/callbacks`, { json: { ...identity, entries: list } });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json<{ answers: { answer: string }[] }>()).answers.map(({ answer }) => answer);
}

describe('a batch through the queue', () => {
  test('is enqueued, claimed, run, watched and read', async () => {
    const prefix = await aQueue();
    const socket = await TestSocket.open(`${prefix}/events`, adminKey);
    const enqueued = await enqueue(prefix, { batch_id: 'sweep', data: data([10, 20]), origin: 'test' });
    expect(enqueued).toMatchObject({
      enqueued: 2,
      requested: 2,
      item_ids: [1, 2],
      priority: 0,
      batch: { batch_id: 'sweep' },
    });
    const identity = await register(prefix);
    const grants = await claim(prefix, identity, 5);
    expect(grants.map((grant) => grant.values[0]?.value)).toEqual([10, 20]);
    for (const grant of grants) {
      const { started, running, result, complete } = entries(grant);
      expect(await post(prefix, identity, [started, running, result, complete])).toEqual(Array(4).fill('recorded'));
    }
    const messages = await socket.until(
      ({ messages }) => messages.filter((message) => message.status === 'completed').length === 2,
    );
    expect(messages.map((message) => message.name)).toEqual([
      'hello',
      'live',
      'batch_enqueued',
      'runner_connected',
      ...Array(2)
        .fill(['queue_item_status_changed', 'invocation_started', 'invocation_complete', 'queue_item_status_changed'])
        .flat(),
    ]);
    for (const message of messages.slice(2)) expect(QueueEventSchema.safeParse(message).error).toBeUndefined();
    expect(messages.slice(2).map((message) => message.sequence)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
    const item = await (await admin('GET', `${prefix}/i/2`)).json<Record<string, unknown>>();
    expect(item).toMatchObject({
      status: 'completed',
      field_values: [{ node_path: 'n', field_name: 'value', value: 20 }],
      session: {
        results: { n: { type: 'integer_output', value: 1 } },
        executed: ['n'],
        executed_history: ['n'],
        errors: {},
      },
    });
    const outputs = await (await admin('GET', `${prefix}/i/2/outputs`)).json();
    expect(outputs).toMatchObject({ item_id: 2, outputs: [{ invocation_id: 'n', result: { value: 1 } }] });
    expect(await (await admin('GET', `${prefix}/b/sweep/status`)).json()).toMatchObject({
      completed: 2,
      total: 2,
      origin: 'test',
    });
    expect(await (await admin('GET', `${prefix}/status`)).json()).toMatchObject({
      queue: { completed: 2, pending: 0 },
    });
    const rows = await (await admin('GET', `${prefix}/i/1/invocations`)).json();
    expect(rows).toMatchObject({
      status: 'completed',
      invocations: [{ invocation_id: 'n', type: 'integer', status: 'completed', runner_id: 'r1', device: 'cpu' }],
      next_cursor: null,
    });
    socket.close();
  });

  test('comes as lists of documents over a packed socket', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, { data: data([1, 2]) });
    const socket = await TestSocket.open(`${prefix}/events?after=0&packed=true`, adminKey);
    await socket.until(({ messages }) => messages.length === 1);
    expect(socket.messages[0]).toMatchObject([
      { name: 'hello', mode: 'replay' },
      { name: 'batch_enqueued', sequence: 1, prev: 0 },
      { name: 'live' },
    ]);
    await enqueue(prefix);
    await socket.until(({ messages }) => messages.length === 2);
    expect(socket.messages[1]).toMatchObject([{ name: 'batch_enqueued', sequence: 2, prev: 1 }]);
    socket.close();
    await socket.until(({ closed }) => closed !== null);
    expect(socket.closed?.code).toBe(1000);
  });

  test('goes on after the object was evicted, sockets and all', async () => {
    const prefix = await aQueue();
    const socket = await TestSocket.open(`${prefix}/events?item_id=2`, adminKey);
    await enqueue(prefix, { data: data([1, 2]) });
    const identity = await register(prefix);
    const grants = await claim(prefix, identity, 2);
    const stub = queueStub(env, prefix.split('/').at(-1) ?? '');
    for (const grant of grants) {
      await evictDurableObject(stub);
      const { started, running, result, complete } = entries(grant);
      expect(await post(prefix, identity, [started])).toEqual(['recorded']);
      await evictDurableObject(stub);
      expect(await post(prefix, identity, [started, running, result, complete])).toEqual([
        'repeated',
        'recorded',
        'recorded',
        'recorded',
      ]);
    }
    const messages = await socket.until(({ messages }) => messages.some((message) => message.status === 'completed'));
    const numbered = messages.filter((message) => message.sequence !== undefined && message.prev !== undefined);
    expect(numbered.map((message) => message.item_id)).toEqual([2, 2, 2, 2]);
    for (const [index, message] of numbered.entries())
      if (index > 0) expect(message.prev).toBe(numbered[index - 1]?.sequence);
    socket.send('ping');
    await socket.until(({ messages }) => messages.at(-1)?.name === 'pong');
    socket.close();
  });

  test('a silent runner is lost when the alarm rings, and its work is free', async () => {
    const prefix = await aQueue({ runner_timeout_seconds: 0.5 });
    await enqueue(prefix);
    const identity = await register(prefix);
    const [grant] = await claim(prefix, identity, 1);
    if (!grant) throw new Error('no grant');
    await post(prefix, identity, [entries(grant).started]);
    const socket = await TestSocket.open(`${prefix}/events`, adminKey);
    await socket.until(({ messages }) => messages.some((message) => message.name === 'runner_lost'));
    expect(await (await admin('GET', `${prefix}/i/1`)).json()).toMatchObject({ status: 'pending', attempts: 1 });
    const stub = queueStub(env, prefix.split('/').at(-1) ?? '');
    // Nothing is due any more but retention, which looks a minute after something was stored.
    const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + 30_000);
    socket.close();
  });

  test('an alarm that was lost is set again when the object starts', async () => {
    const prefix = await aQueue({ runner_timeout_seconds: 60 });
    await register(prefix);
    const stub = queueStub(env, prefix.split('/').at(-1) ?? '');
    const alarm = () => runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    const before = await alarm();
    expect(before).not.toBeNull();
    await runInDurableObject(stub, (_, state) => state.storage.deleteAlarm());
    await evictDurableObject(stub);
    expect(await alarm()).toBe(before);
  });

  test('a cancel reaches the runner’s socket, and progress reaches the owner’s', async () => {
    const prefix = await aQueue();
    await enqueue(prefix);
    const identity = await register(prefix);
    const [grant] = await claim(prefix, identity, 1);
    if (!grant) throw new Error('no grant');
    const { started, running } = entries(grant);
    await post(prefix, identity, [started, running]);
    const orders = await TestSocket.open(`${prefix}/runner/socket?runner_id=r1&epoch=${identity.epoch}`, runnerKey);
    await orders.until(({ messages }) => messages.length === 2);
    expect(orders.messages).toMatchObject([
      { order: 'hello', protocol: PROTOCOL_VERSION },
      { order: 'watch', watched: false },
    ]);
    const watcher = await TestSocket.open(`${prefix}/events`, adminKey);
    await orders.until(({ messages }) => messages.at(-1)?.watched === true);
    const { item_id, fence, token } = grant;
    const report = {
      report: 'progress',
      item_id,
      fence,
      token,
      invocation_id: 'n',
      message: 'half',
      percentage: 0.5,
      image: null,
    };
    orders.send({ ...report, token: 'wrong' });
    orders.send(report);
    await watcher.until(({ messages }) => messages.some((message) => message.name === 'invocation_progress'));
    expect(watcher.messages.filter((message) => message.name === 'invocation_progress')).toMatchObject([
      { item_id: 1, percentage: 0.5, message: 'half', device: 'cpu', invocation: { id: 'n', type: 'integer' } },
    ]);
    expect(watcher.messages.at(-1)).not.toHaveProperty('sequence');
    expect((await admin('PUT', `${prefix}/i/1/cancel`)).status).toBe(200);
    await orders.until(({ messages }) => messages.at(-1)?.order === 'cancel');
    expect(orders.messages.at(-1)).toEqual({ order: 'cancel', item_ids: [1] });
    watcher.close();
    await orders.until(({ messages }) => messages.at(-1)?.watched === false);
    orders.close();
  });
});

describe('bad input gets a problem document and changes nothing', () => {
  const graph = (nodes: object, edges: object[] = []) => ({ batch: { graph: { nodes, edges } } });
  const integer = { type: 'integer', value: 1 };
  const add = { type: 'add' };
  const edge = (from: string, to: string, field = 'a') => ({
    source: { node_id: from, field: 'value' },
    destination: { node_id: to, field },
  });
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

  test.each<[string, unknown, number, [string, string][]]>([
    [
      'an unknown node type',
      graph({ n: { type: 'integre' } }),
      422,
      [['/batch/graph/nodes/n/type', 'unknown_node_type']],
    ],
    ['a missing field', graph({ n: { type: 'save_image' } }), 422, [['/batch/graph/nodes/n/image', 'missing']]],
    ['a missing graph', { batch: {} }, 422, [['/batch/graph', 'missing']]],
    [
      'a wrong type',
      graph({ n: { type: 'integer', value: 'one' } }),
      422,
      [['/batch/graph/nodes/n/value', 'invalid_type']],
    ],
    ['an unknown field', graph({ n: { ...integer, size: 1 } }), 422, [['/batch/graph/nodes/n/size', 'unknown_field']]],
    [
      'an edge to nowhere',
      graph({ n: integer }, [edge('n', 'x')]),
      422,
      [['/batch/graph/edges/0/destination/node_id', 'unknown_node']],
    ],
    ['a cycle', graph({ a: add, b: add }, [edge('a', 'b'), edge('b', 'a')]), 422, [['/batch/graph/edges/0', 'cycle']]],
    [
      'several faults at once',
      graph({ a: { type: 'nope' }, b: { type: 'integer', value: 1.5 } }),
      422,
      [
        ['/batch/graph/nodes/a/type', 'unknown_node_type'],
        ['/batch/graph/nodes/b/value', 'invalid_type'],
      ],
    ],
    [
      'a batch value of the wrong type',
      { batch: { graph: integerGraph, data: data([1, 2.5]) } },
      422,
      [['/batch/data/0/0/items/1', 'invalid_type']],
    ],
    ['an unknown member', { batch: { graph: integerGraph }, prio: 1 }, 422, [['/prio', 'unknown_field']]],
    ['deep JSON', { batch: deep(40) }, 422, [[`/batch${'/0'.repeat(31)}`, 'too_deep']]],
    [
      'an unknown model',
      graph({ m: { type: 'main_model_loader', model: { key: 'nope' } } }),
      422,
      [['/batch/graph/nodes/m/model/key', 'unknown_model']],
    ],
    [
      'an unknown asset',
      graph({ m: { type: 'save_image', image: { image_name: 'a'.repeat(64) } } }),
      422,
      [['/batch/graph/nodes/m/image', 'unknown_asset']],
    ],
  ])('%s', async (_, json, status, faults) => {
    const prefix = await aQueue();
    const response = await admin('POST', `${prefix}/enqueue_batch`, { json });
    const problem = await response.json<{
      code: string;
      errors: { pointer: string; code: string; detail: string }[];
    }>();
    expect(response.status, JSON.stringify(problem)).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(problem.errors.map(({ pointer, code }) => [pointer, code])).toEqual(faults);
    for (const { detail } of problem.errors) expect(detail).toMatch(/[.!?]$/);
    expect(await (await admin('GET', `${prefix}/status`)).json()).toMatchObject({ queue: { total: 0 } });
  });

  test('__proto__ as a node id', async () => {
    const prefix = await aQueue();
    const body = '{"batch":{"graph":{"nodes":{"__proto__":{"type":"integer"}},"edges":[]}}}';
    const response = await admin('POST', `${prefix}/enqueue_batch`, {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '/batch/graph/nodes/__proto__', code: 'forbidden_key' }],
    });
  });

  test('a reused batch id', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, { batch_id: 'once' });
    const response = await admin('POST', `${prefix}/enqueue_batch`, {
      json: { batch: { batch_id: 'once', graph: integerGraph } },
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'batch_exists', errors: [{ pointer: '/batch/batch_id' }] });
  });

  test('a batch that does not fit, with the room that is left', async () => {
    const prefix = await aQueue({ max_queue_size: 3 });
    await enqueue(prefix, { runs: 2 });
    const response = await admin('POST', `${prefix}/enqueue_batch`, {
      json: { batch: { graph: integerGraph, runs: 2 } },
    });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ code: 'queue_full', room: 1, requested: 2 });
    const partial = await admin('POST', `${prefix}/enqueue_batch`, {
      json: { batch: { graph: integerGraph, runs: 2 }, allow_partial: true },
    });
    expect(await partial.json()).toMatchObject({ enqueued: 1, requested: 2, item_ids: [3] });
  });

  test('no key, a key without the scope, a key for another queue, a queue that is not there', async () => {
    const prefix = await aQueue();
    const other = caller(await makeKey({ scopes: ['enqueue'], queue_ids: ['elsewhere'] }));
    const reader = caller(await makeKey({ scopes: ['read'] }));
    const json = { batch: { graph: integerGraph } };
    const status = async (call: Call, path = `${prefix}/enqueue_batch`) => (await call('POST', path, { json })).status;
    expect(await status(caller(null))).toBe(401);
    expect(await status(caller('sy_wrong'))).toBe(401);
    expect(await status(reader)).toBe(403);
    expect(await status(other)).toBe(403);
    expect(await status(admin, '/api/v1/queue/nowhere/enqueue_batch')).toBe(404);
    expect(await status(admin, `${prefix}/runner/claim`)).toBe(403);
  });

  test('a runner of another protocol, and a websocket address without a websocket', async () => {
    const prefix = await aQueue();
    const json = { protocol: 99, identity: { shaped: 'otherwise' } };
    const refused = await runner('POST', `${prefix}/runner/register`, { json });
    expect(refused.status).toBe(426);
    expect(await refused.json()).toMatchObject({ code: 'upgrade_required', protocol: PROTOCOL_VERSION });
    expect((await admin('GET', `${prefix}/events`)).status).toBe(400);
    const socket = await TestSocket.open(`${prefix}/events`, adminKey);
    socket.send('nonsense');
    await socket.until(({ closed }) => closed !== null);
    expect(socket.closed?.code).toBe(4000);
  });
});
