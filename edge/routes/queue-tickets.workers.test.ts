import { runInDurableObject } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_KEY_ENDED } from '../../contract/event/close-codes.ts';
import { Ticket } from '../../contract/event/ticket.ts';
import type { CreateKeyResult } from '../../contract/store/key.ts';
import { caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestQueue } from '../testing/queue.ts';
import { TestSocket } from '../testing/socket.ts';

beforeAll(migrateAccount);

async function ticketOf(queue: TestQueue, key = queue.key): Promise<string> {
  const response = await caller(key)('POST', `${queue.prefix}/tickets`);
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return Ticket.parse(await response.json()).ticket;
}

const refusal = async (prefix: string, ticket: string) => {
  const response = await exports.default.fetch(
    new Request(`https://switchyard.test${prefix}/events?ticket=${ticket}`, { headers: { upgrade: 'websocket' } }),
  );
  return [response.status, (await response.json<{ code: string }>()).code];
};

describe('a ticket [E157]', () => {
  test('opens one stream, as its key would, and no second', async () => {
    const queue = await TestQueue.create();
    const ticket = await ticketOf(
      queue,
      await makeKey({ user_id: 'ann', scopes: ['read'], queue_ids: [queue.queue_id] }),
    );
    const socket = await TestSocket.open(`${queue.prefix}/events?ticket=${ticket}`, null);
    await queue.enqueue({ origin: 'here' });
    await socket.until(({ messages }) => messages.some(({ name }) => name === 'batch_enqueued'));
    expect(socket.messages.at(-1)).toMatchObject({ user_id: 'redacted', origin: null });
    expect(await refusal(queue.prefix, ticket)).toEqual([401, 'unauthenticated']);
    socket.close();
  });

  test('lasts for a minute', async () => {
    const queue = await TestQueue.create();
    const ticket = await ticketOf(queue);
    const left = await runInDurableObject(queue.stub, (_, { storage }) => {
      const [row] = storage.sql
        .exec('UPDATE tickets SET expires_at = expires_at - 60000 RETURNING expires_at')
        .toArray();
      return Number(row?.expires_at) - Date.now();
    });
    expect(left).toBeLessThanOrEqual(0);
    expect(left).toBeGreaterThan(-30_000);
    expect(await refusal(queue.prefix, ticket)).toEqual([401, 'unauthenticated']);
  });

  test.each(['', 'st_', 'x', `st_${'A'.repeat(43)}`, 'sy_abc'])(
    'that was never given opens nothing: %j',
    async (ticket) => {
      const queue = await TestQueue.create();
      await ticketOf(queue);
      expect(await refusal(queue.prefix, ticket)).toEqual([401, 'unauthenticated']);
    },
  );

  test('opens no other queue, whether that exists or not', async () => {
    const [queue, other] = [await TestQueue.create(), await TestQueue.create()];
    const ticket = await ticketOf(queue);
    expect(await refusal(other.prefix, ticket)).toEqual([401, 'unauthenticated']);
    expect(await refusal('/api/v1/queue/nowhere', ticket)).toEqual([401, 'unauthenticated']);
    (await TestSocket.open(`${queue.prefix}/events?ticket=${ticket}`, null)).close();
  });

  test('[R51] ends with its key, and so does the stream that it opened', async () => {
    const queue = await TestQueue.create();
    const made = await queue.admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'] } });
    const { key, key_id } = await made.json<CreateKeyResult>();
    const [used, unused] = [await ticketOf(queue, key), await ticketOf(queue, key)];
    const socket = await TestSocket.open(`${queue.prefix}/events?ticket=${used}`, null);
    expect((await queue.admin('DELETE', `/api/v1/keys/${key_id}`)).status).toBe(200);
    await socket.until(({ closed }) => closed !== null);
    expect(socket.closed?.code).toBe(CLOSE_KEY_ENDED);
    expect(await refusal(queue.prefix, unused)).toEqual([401, 'unauthenticated']);
  });

  test('of a key that ended unheard opens nothing', async () => {
    const queue = await TestQueue.create();
    const ticket = await ticketOf(queue);
    await runInDurableObject(queue.stub, (_, { storage }) => {
      storage.sql.exec(`UPDATE tickets SET principal = json_set(principal, '$.key_id', 'gone')`);
    });
    expect(await refusal(queue.prefix, ticket)).toEqual([401, 'unauthenticated']);
  });

  test('is for streams alone, and is given to who may read', async () => {
    const queue = await TestQueue.create();
    const ticket = await ticketOf(queue);
    const status = await caller(null)('GET', `${queue.prefix}/status?ticket=${ticket}`);
    expect(status.status).toBe(401);
    const enqueuer = caller(await makeKey({ scopes: ['enqueue'] }));
    expect((await enqueuer('POST', `${queue.prefix}/tickets`)).status).toBe(403);
    expect((await caller(null)('POST', `${queue.prefix}/tickets`)).status).toBe(401);
  });
});
