import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_QUEUE_GONE } from '../../contract/event/close-codes.ts';
import { accountDb } from '../account/database.ts';
import {
  beginDeletion,
  changeQueue,
  type Deletion,
  deletionsUnderWay,
  findQueue,
  type VersionedQueue,
} from '../account/queues.ts';
import { sha256Hex } from '../digest.ts';
import { queueStub } from '../env.ts';
import { deleteQueue, endDeletions } from '../queue-deletion.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { putAsset, readAsset } from '../testing/assets.ts';
import { TestSocket } from '../testing/socket.ts';

let admin: Call;
let key: string;
beforeAll(async () => {
  await migrateAccount();
  key = await makeKey();
  admin = caller(key);
});

const PRINCIPAL = { key_id: 'k', user_id: 'u', scopes: ['admin' as const], queue_ids: null, lane: 0 };

/** The database, whose first answer is held back until `release`. */
function holdingFirst(database: D1Database, release: Promise<void>): D1Database {
  let held = false;
  const holding = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        if (name === 'bind') return (...values: unknown[]) => holding(target.bind(...values));
        return async (...args: unknown[]) => {
          const isFirst = !held;
          held = true;
          const answer: unknown = await Reflect.apply(member, target, args);
          if (isFirst) await release;
          return answer;
        };
      },
    });
  return { prepare: (query: string) => holding(database.prepare(query)) } as unknown as D1Database;
}

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
    expect(await deletionsUnderWay(accountDb(env), 10)).toEqual([]);
    expect((await create({ queue_id: 'half' })).status).toBe(201);
    expect(await pending('half')).toBe(0);
  });

  test('and its object takes nothing from a caller who has not heard of it', async () => {
    await create({ queue_id: 'late' });
    await admin('DELETE', '/api/v1/queues/late');
    const call = {
      queue_id: 'late',
      version: 1,
      principal: PRINCIPAL,
    };
    expect(await queueStub(env, 'late').read(call, 'status', null)).toMatchObject({
      ok: false,
      problem: { code: 'not_found' },
    });
  });

  test('and whoever ends its deletion late leaves the next queue of its name alone', async () => {
    await create({ queue_id: 'reborn' });
    const late = (await beginDeletion(accountDb(env), 'reborn', Date.now())) as Deletion;
    expect((await admin('DELETE', '/api/v1/queues/reborn')).status).toBe(204);
    await create({ queue_id: 'reborn' });
    await enqueue('reborn');
    const reader = caller(await makeKey({ scopes: ['runner'], queue_ids: ['reborn'] }));
    const path = `/api/v1/assets/${await sha256Hex('kept')}?queue_id=reborn`;
    await putAsset(reader, 'kept', { path });
    await deleteQueue(env, late);
    expect(await pending('reborn')).toBe(1);
    expect((await readAsset(reader, 'kept')).status).toBe(200);
  });

  test('and settings that reach its object late do not bring it back', async () => {
    await create({ queue_id: 'ghost' });
    const { queue, version } = (await findQueue(accountDb(env), 'ghost')) as VersionedQueue;
    await admin('DELETE', '/api/v1/queues/ghost');
    const stub = queueStub(env, 'ghost');
    await stub.configure('ghost', queue.settings, version);
    const call = { queue_id: 'ghost', version, principal: PRINCIPAL };
    expect(await stub.read(call, 'status', null)).toMatchObject({ ok: false, problem: { code: 'not_found' } });
  });

  test('also by a call that asked for its settings just before', async () => {
    await create({ queue_id: 'asked' });
    const changed = await changeQueue(accountDb(env), 'asked', { max_queue_size: 1 }, Date.now());
    const call = { queue_id: 'asked', version: changed?.version ?? 0, principal: PRINCIPAL };
    await runInDurableObject(queueStub(env, 'asked'), async (object) => {
      const { promise: deleted, resolve } = Promise.withResolvers<void>();
      // Its own answer of the database comes when the queue is gone.
      Object.assign(object, { env: { ...env, DB: holdingFirst(env.DB, deleted) } });
      const reading = object.read(call, 'status', null);
      await beginDeletion(accountDb(env), 'asked', Date.now());
      await object.destroy('asked');
      resolve();
      expect(await reading).toMatchObject({ ok: false, problem: { code: 'not_found' } });
      expect(await object.read({ ...call, version: 0 }, 'status', null)).toMatchObject({ ok: false });
    });
  });

  test('the others too, when one cannot be', async () => {
    for (const queue_id of ['stuck', 'free']) {
      await create({ queue_id });
      await beginDeletion(accountDb(env), queue_id, Date.now());
    }
    const broken = {
      ...env,
      QUEUE: {
        idFromName: (name: string) => name,
        get: (name: string) => {
          if (name === 'stuck') return { destroy: () => Promise.reject(new Error('overloaded')) };
          return queueStub(env, name);
        },
      },
    } as unknown as typeof env;
    await expect(endDeletions(broken, 10)).rejects.toThrow('1 queues');
    expect(await deletionsUnderWay(accountDb(env), 10)).toMatchObject([{ queue_id: 'stuck' }]);
    await endDeletions(env, 10);
  });

  test('with the keys that opened nothing else; others lose it', async () => {
    await create({ queue_id: 'bound' });
    const only = caller(await makeKey({ scopes: ['read'], queue_ids: ['bound'] }));
    const both = caller(await makeKey({ scopes: ['read'], queue_ids: ['bound', 'default'] }));
    await admin('DELETE', '/api/v1/queues/bound');
    await create({ queue_id: 'bound' });
    expect((await only('GET', '/api/v1/queue/bound/status')).status).toBe(401);
    expect((await both('GET', '/api/v1/queue/bound/status')).status).toBe(403);
    expect((await both('GET', '/api/v1/queue/default/status')).status).toBe(200);
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

  test('that is repeated when it could not pass any more answers what it answered', async () => {
    await create({ queue_id: 'passed' });
    await putAsset(admin, 'short-lived');
    const image_name = await sha256Hex('short-lived');
    const saving = { nodes: { s: { id: 's', type: 'save_image', image: { image_name } } }, edges: [] };
    const headers = { 'idempotency-key': '"1"' };
    const first = await enqueue('passed', { graph: saving }, headers);
    expect(first.status).toBe(201);
    await env.DB.prepare('DELETE FROM assets WHERE sha256 = ?').bind(image_name).run();
    expect((await enqueue('passed', { graph: saving })).status).toBe(422);
    const again = await enqueue('passed', { graph: saving }, headers);
    expect([again.status, await again.json()]).toEqual([201, await first.json()]);
    // Another body, and another key: nothing was taken that would be answered.
    expect((await enqueue('passed', { graph: saving, priority: 1 }, headers)).status).toBe(422);
    expect((await enqueue('passed', { graph: saving }, { 'idempotency-key': '"2"' })).status).toBe(422);
    expect(await pending('passed')).toBe(1);
  });
});
