import { beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { ItemSummary } from '../../contract/queue/item.ts';
import { CanceledResult, DeletedResult, RetryResult } from '../../contract/queue/queue.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestSocket } from '../testing/socket.ts';

type Scopes = ('read' | 'enqueue' | 'cancel')[];

let adminKey: string;
let admin: Call;
let ann: Call;
let bob: Call;
let reader: Call;
let runner: Call;
beforeAll(async () => {
  await migrateAccount();
  const scopes: Scopes = ['read', 'enqueue', 'cancel'];
  adminKey = await makeKey();
  admin = caller(adminKey);
  ann = caller(await makeKey({ scopes, user_id: 'ann' }));
  bob = caller(await makeKey({ scopes, user_id: 'bob' }));
  reader = caller(await makeKey({ scopes: ['read'], user_id: 'ann' }));
  runner = caller(await makeKey({ scopes: ['runner'] }));
});

let queues = 0;
/** Three items of ann and two of bob, all for the destination `canvas:1/2`. */
async function aQueue(): Promise<string> {
  const queue_id = `operations-${++queues}`;
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  const prefix = `/api/v1/queue/${queue_id}`;
  const graph = { nodes: { n: { type: 'integer', value: 1 } }, edges: [] };
  for (const [call, batch_id, runs] of [
    [ann, 'of-ann', 3],
    [bob, 'of-bob', 2],
  ] as const) {
    const json = { batch: { graph, batch_id, runs, destination: 'canvas:1/2' } };
    expect((await call('POST', `${prefix}/enqueue_batch`, { json })).status).toBe(201);
  }
  return prefix;
}

/** Starts the first item of a queue, and returns the runner's identity and its lease. */
async function running(prefix: string): Promise<{ identity: object; grant: Grant }> {
  const register = {
    protocol: PROTOCOL_VERSION,
    runner_id: 'r1',
    name: 'r1',
    engine: ENGINE_VERSION,
    types: { integer: '1.0.0' },
    devices: [{ id: 'cpu' }],
  };
  const registered = await runner('POST', `${prefix}/runner/register`, { json: register });
  const { epoch } = await registered.json<{ epoch: number }>();
  const identity = { runner_id: 'r1', epoch };
  const claimed = await runner('POST', `${prefix}/runner/claim`, { json: { ...identity, claim: 1, max_items: 1 } });
  const [grant] = (await claimed.json<{ grants: Grant[] }>()).grants;
  if (!grant) throw new Error('no grant');
  const json = { ...identity, entries: [entries(grant).started] };
  expect((await runner('POST', `${prefix}/runner/callbacks`, { json })).status).toBe(200);
  return { identity, grant };
}

/** The answer, which must fit what the document says of it. */
async function ask<Schema extends z.ZodType>(
  [call, method, path, json]: [Call, string, string, unknown?],
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await call(method, path, json === undefined ? {} : { json });
  expect(response.status, await response.clone().text()).toBe(200);
  return schema.parse(await response.json());
}

const status = async (call: Call, method: string, path: string, json?: unknown) =>
  (await call(method, path, json === undefined ? {} : { json })).status;

const totals = async (prefix: string) =>
  (await (await admin('GET', `${prefix}/status`)).json<{ queue: Record<string, number> }>()).queue;

describe('operations on many items', () => {
  test('[Q117] cancels say how many items they moved, and everybody reaches their own', async () => {
    const prefix = await aQueue();
    await running(prefix);
    const put = (call: Call, path: string, json?: unknown) =>
      ask([call, 'PUT', `${prefix}/${path}`, json], CanceledResult);
    expect(await put(bob, 'cancel_by_destination?destination=canvas%3A1%2F2')).toEqual({ canceled: 2 });
    expect(await put(ann, 'cancel_by_batch_ids', { batch_ids: ['of-bob', 'nothing'] })).toEqual({ canceled: 0 });
    expect(await put(ann, 'cancel_all_except_current')).toEqual({ canceled: 2 });
    expect(await put(admin, 'cancel_all')).toEqual({ canceled: 1 });
    expect(await totals(prefix)).toMatchObject({ canceled: 5, total: 5 });
  });

  test('[Q116] delete, prune and clear say how many items they removed', async () => {
    const prefix = await aQueue();
    await running(prefix);
    await ask([ann, 'PUT', `${prefix}/i/3/cancel`], ItemSummary);
    const removed = (call: Call, method: string, path: string) =>
      ask([call, method, `${prefix}/${path}`], DeletedResult);
    expect(await removed(ann, 'PUT', 'prune')).toEqual({ deleted: 1 });
    expect(await removed(ann, 'PUT', 'delete_all_except_current')).toEqual({ deleted: 1 });
    expect(await removed(bob, 'DELETE', 'd/canvas%3A1%2F2')).toEqual({ deleted: 2 });
    expect(await removed(bob, 'PUT', 'clear')).toEqual({ deleted: 0 });
    expect(await removed(admin, 'PUT', 'clear')).toEqual({ deleted: 1 });
    expect(await totals(prefix)).toMatchObject({ total: 0 });
  });

  test('[Q116] a clear reaches the runner’s socket and the owner’s stream', async () => {
    const prefix = await aQueue();
    const socket = await TestSocket.open(`${prefix}/events`, adminKey);
    await running(prefix);
    await ask([ann, 'PUT', `${prefix}/clear`], DeletedResult);
    await socket.until(({ messages }) => messages.some((message) => message.name === 'queue_cleared'));
    expect(socket.messages.slice(-2)).toMatchObject([
      { name: 'queue_item_status_changed', item_id: 1, status: 'canceled', queue_status: { total: 2 } },
      { name: 'queue_cleared', user_id: 'ann' },
    ]);
    socket.close();
  });
});

describe('operations on one item', () => {
  test('[A148] cancel and delete: 404 for what the queue does not have, 403 for what is somebody else’s', async () => {
    const prefix = await aQueue();
    const other = await aQueue();
    expect(await status(bob, 'PUT', `${prefix}/i/1/cancel`)).toBe(403);
    expect(await status(bob, 'DELETE', `${prefix}/i/1`)).toBe(403);
    const response = await ann('DELETE', `${prefix}/i/1`);
    expect([response.status, await response.text()]).toEqual([200, 'null']);
    for (const [method, path] of [
      ['PUT', 'i/1/cancel'],
      ['DELETE', 'i/1'],
      ['GET', 'i/1'],
      ['PUT', 'i/99/cancel'],
      ['DELETE', 'i/99'],
    ] as const)
      expect(await status(ann, method, `${prefix}/${path}`), path).toBe(404);
    // The same number in another queue is another item.
    expect((await ask([ann, 'PUT', `${other}/i/1/cancel`], ItemSummary)).status).toBe('canceled');
    expect((await ask([ann, 'PUT', `${other}/i/1/cancel`], ItemSummary)).status_sequence).toBe(1);
  });

  test('[A147] retry: what failed or was canceled, once under one Idempotency-Key; nothing of somebody else’s', async () => {
    const prefix = await aQueue();
    await ask([admin, 'PUT', `${prefix}/cancel_all`], CanceledResult);
    const path = `${prefix}/retry_items_by_id`;
    expect(await status(bob, 'PUT', path, [4, 1])).toBe(403);
    const headers = { 'idempotency-key': '"again"' };
    for (const _ of [1, 2]) {
      const response = await ann('PUT', path, { json: [1, 99, 1], headers });
      expect(RetryResult.parse(await response.json())).toMatchObject({ retried_item_ids: [1], new_item_ids: [6] });
    }
    expect((await ann('PUT', path, { json: [2], headers })).status).toBe(422);
    expect(await totals(prefix)).toMatchObject({ pending: 1, canceled: 5 });
  });

  test('bad input is told where it is bad, and a key without the scope is refused', async () => {
    const prefix = await aQueue();
    const calls: [Call, string, string, unknown, number][] = [
      [ann, 'PUT', 'retry_items_by_id', [1, 'two'], 422],
      [ann, 'PUT', 'retry_items_by_id', { item_ids: [1] }, 422],
      [ann, 'PUT', 'retry_items_by_id', Array(1_001).fill(1), 422],
      [ann, 'PUT', 'cancel_by_destination', undefined, 422],
      [ann, 'PUT', 'cancel_by_batch_ids', ['of-ann'], 422],
      [ann, 'PUT', 'i/one/cancel', undefined, 404],
      [reader, 'PUT', 'retry_items_by_id', [1], 403],
      ...['cancel_all', 'cancel_all_except_current', 'delete_all_except_current', 'clear', 'prune'].map(
        (path): [Call, string, string, unknown, number] => [reader, 'PUT', path, undefined, 403],
      ),
      [reader, 'DELETE', 'i/1', undefined, 403],
      [reader, 'DELETE', 'd/canvas', undefined, 403],
    ];
    for (const [call, method, path, json, expected] of calls)
      expect(await status(call, method, `${prefix}/${path}`, json), path).toBe(expected);
    expect(await totals(prefix)).toMatchObject({ pending: 5, total: 5 });
  });
});
