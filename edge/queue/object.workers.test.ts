import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { queueStub } from '../env.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestSocket } from '../testing/socket.ts';

let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
});

test('an account that does not answer delays no alarm of the queue, and is told of its assets the next time', async () => {
  const queue_id = 'released';
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  const graph = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };
  const start_after = new Date(Date.now() + 60_000).toISOString();
  const batch = { graph, runs: 1, start_after };
  expect((await admin('POST', `/api/v1/queue/${queue_id}/enqueue_batch`, { json: { batch } })).status).toBe(201);
  await runInDurableObject(queueStub(env, queue_id), async (object, { storage }) => {
    const rows = (query: string) => storage.sql.exec(query).toArray();
    const [due] = rows('SELECT alarm_at FROM queue');
    storage.sql.exec('INSERT INTO asset_releases (asset_name) VALUES (?)', 'a'.repeat(64));
    const parts = object as unknown as { env: object };
    const whole = parts.env;
    parts.env = { ...whole, DB: null };
    await object.alarm();
    expect(await storage.getAlarm()).toBe(due?.alarm_at);
    expect(rows('SELECT 1 FROM asset_releases')).toHaveLength(1);
    parts.env = whole;
    await object.alarm();
    expect(rows('SELECT 1 FROM asset_releases')).toEqual([]);
  });
});

test('a runner’s socket that closes after its queue was deleted concerns nobody', async () => {
  const queue_id = 'deleted';
  const prefix = `/api/v1/queue/${queue_id}`;
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  const key = await makeKey({ scopes: ['runner'] });
  const json = {
    ...{ protocol: PROTOCOL_VERSION, runner_id: 'r1', name: 'r1', engine: ENGINE_VERSION },
    ...{ types: { integer: '1.0.0' }, devices: [{ id: 'cpu' }] },
  };
  expect((await caller(key)('POST', `${prefix}/runner/register`, { json })).status).toBe(200);
  const runner = await TestSocket.open(`${prefix}/runner/socket?runner_id=r1&epoch=1`, key);
  const stub = queueStub(env, queue_id);
  const sockets = await runInDurableObject(stub, (_object, context) => context.getWebSockets('runner'));
  expect((await admin('DELETE', `/api/v1/queues/${queue_id}`)).status).toBeLessThan(300);
  await runInDurableObject(stub, (object) => {
    for (const socket of sockets) expect(() => object.webSocketClose(socket)).not.toThrow();
  });
  expect(sockets).toHaveLength(1);
  runner.close();
});
