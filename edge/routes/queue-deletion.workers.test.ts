import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_QUEUE_GONE } from '../../contract/event/stream.ts';
import { accountDb } from '../account/database.ts';
import { beginDeletion, changeQueue, queuesInDeletion } from '../account/queues.ts';
import { queueStub } from '../env.ts';
import { endDeletions } from '../queue-deletion.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestSocket } from '../testing/socket.ts';

let admin: Call;
let key: string;
beforeAll(async () => {
  await migrateAccount();
  key = await makeKey();
  admin = caller(key);
});

const create = (json: object) => admin('POST', '/api/v1/queues', { json });
const graph = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };
const enqueue = (queue_id: string, more: object = {}, headers: Record<string, string> = {}) =>
  admin('POST', `/api/v1/queue/${queue_id}/enqueue_graph`, { json: { graph, ...more }, headers });
const pending = async (queue_id: string) =>
  (await (await admin('GET', `/api/v1/queue/${queue_id}/status`)).json<{ queue: { pending: number } }>()).queue.pending;

describe('a queue is deleted', () => {
  test('with its items and its sockets, and its id may be used again', async () => {
    await create({ queue_id: 'short' });
    expect((await enqueue('short')).status).toBe(201);
    const refused = await admin('DELETE', '/api/v1/queues/short');
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      code: 'conflict',
      pending: 1,
      detail: expect.stringContaining('force'),
    });
    const socket = await TestSocket.open('/api/v1/queue/short/events', key);
    expect((await admin('DELETE', '/api/v1/queues/short?force=true')).status).toBe(204);
    await socket.until(({ closed }) => closed !== null);
    expect(socket.closed?.code).toBe(CLOSE_QUEUE_GONE);
    for (const path of ['/api/v1/queues/short', '/api/v1/queue/short/status'])
      expect((await admin('GET', path)).status).toBe(404);
    expect((await admin('DELETE', '/api/v1/queues/short')).status).toBe(404);
    expect((await create({ queue_id: 'short' })).status).toBe(201);
    expect(await pending('short')).toBe(0);
    expect(await (await enqueue('short')).json()).toMatchObject({ item_id: 1 });
  });

  test('for good, also when the Worker died in between', async () => {
    await create({ queue_id: 'half' });
    await enqueue('half');
    await beginDeletion(accountDb(env), 'half', Date.now());
    expect((await create({ queue_id: 'half' })).status).toBe(409);
    expect(await endDeletions(env, 10)).toBe(1);
    expect(await queuesInDeletion(accountDb(env), 10)).toEqual([]);
    expect((await create({ queue_id: 'half' })).status).toBe(201);
    expect(await pending('half')).toBe(0);
  });

  test('and its object takes nothing from a caller who has not heard of it', async () => {
    await create({ queue_id: 'late' });
    await admin('DELETE', '/api/v1/queues/late');
    const call = {
      queue_id: 'late',
      version: 1,
      principal: { key_id: 'k', user_id: 'u', scopes: ['admin' as const], queue_ids: null, lane: 0 },
    };
    expect(await queueStub(env, 'late').read(call, 'status', null)).toMatchObject({
      ok: false,
      problem: { code: 'not_found' },
    });
  });

  test('but not the default one', async () => {
    const refused = await admin('DELETE', '/api/v1/queues/default?force=true');
    expect([refused.status, (await refused.json<{ detail: string }>()).detail]).toEqual([
      409,
      expect.stringContaining('clear'),
    ]);
  });
});

describe('settings', () => {
  test('reach the object even when whoever set them died before it could tell', async () => {
    await create({ queue_id: 'told' });
    expect((await enqueue('told')).status).toBe(201);
    await changeQueue(accountDb(env), 'told', { max_queue_size: 1 }, Date.now());
    const full = await enqueue('told');
    expect([full.status, await full.json()]).toEqual([429, expect.objectContaining({ code: 'queue_full', room: 0 })]);
  });

  test('of an older version never replace newer ones', async () => {
    await create({ queue_id: 'twice' });
    await admin('PATCH', '/api/v1/queues/twice', { json: { max_queue_size: 1 } });
    const queue = await (await admin('GET', '/api/v1/queues/twice')).json<{ settings: never }>();
    await queueStub(env, 'twice').configure('twice', { ...(queue.settings as object), max_queue_size: 9 } as never, 1);
    await enqueue('twice');
    expect((await enqueue('twice')).status).toBe(429);
  });

  test('may be null, which is not the same as the default', async () => {
    await create({ queue_id: 'endless' });
    const changed = await admin('PATCH', '/api/v1/queues/endless', { json: { max_run_seconds: null } });
    expect(await changed.json()).toMatchObject({ settings: { max_run_seconds: null } });
  });

  test('a location is given once', async () => {
    expect(await (await create({ queue_id: 'there', location: 'weur' })).json()).toMatchObject({ location: 'weur' });
    expect((await create({ queue_id: 'there', location: 'apac' })).status).toBe(409);
    expect((await create({ queue_id: 'nowhere', location: 'moon' })).status).toBe(422);
  });
});

describe('an enqueue with an Idempotency-Key', () => {
  test('that is repeated answers what it answered, and makes nothing', async () => {
    await create({ queue_id: 'once' });
    const headers = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
    const first = await enqueue('once', {}, headers);
    const again = await enqueue('once', {}, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.json()).toEqual(await first.json());
    expect(await pending('once')).toBe(1);
    const other = await enqueue('once', { priority: 1 }, headers);
    expect([other.status, await other.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'idempotency_key_reused' }),
    ]);
    const stranger = caller(await makeKey({ user_id: 'ann' }));
    expect((await stranger('POST', '/api/v1/queue/once/enqueue_graph', { json: { graph }, headers })).status).toBe(201);
    expect(await pending('once')).toBe(2);
  });
});
