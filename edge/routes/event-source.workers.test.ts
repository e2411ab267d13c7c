import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, test } from 'vitest';
import { QueueEventSchema } from '../../contract/event/registry.ts';
import { MARK_EVERY_DOCUMENTS, REPLAY_MARKS_MAX } from '../../contract/event/stream.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { EventReader, type ServerSentEvent } from '../testing/event-reader.ts';
import { TestQueue } from '../testing/queue.ts';
import { eventSource } from './event-source.ts';

beforeAll(migrateAccount);

const SSE = { accept: 'text/event-stream' };

async function read(queue: TestQueue, query = '', headers = {}, call: Call = queue.admin): Promise<EventReader> {
  const response = await call('GET', `${queue.prefix}/events${query}`, { headers: { ...SSE, ...headers } });
  expect(response.status, response.status === 200 ? '' : await response.clone().text()).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  return new EventReader(response);
}

const is = (name: string) => (event: ServerSentEvent) => event.event === name;
const documentOf = (event: ServerSentEvent | null | undefined) =>
  JSON.parse(event?.data ?? 'null') as { sequence: number };

/** How many sockets the object has. */
const sockets = (queue: TestQueue) =>
  runInDurableObject(
    queue.stub,
    (_, state) => state.getWebSockets().filter(({ readyState }) => readyState === 1).length,
  );

describe('server-sent events', () => {
  test('are the documents of the socket, with the number to come back with', async () => {
    const queue = await TestQueue.create();
    const reader = await read(queue);
    expect(await reader.next()).toEqual({ retry: '2000' });
    const [hello, live] = [await reader.next(), await reader.next()];
    expect(hello).toMatchObject({ id: '0', event: 'hello' });
    expect(live).toMatchObject({ id: '0', event: 'live' });
    await queue.enqueue({ batch_id: 'one' });
    const event = await reader.next();
    expect(event).toMatchObject({ id: '1', event: 'batch_enqueued' });
    expect(QueueEventSchema.safeParse(documentOf(event)).error).toBeUndefined();
    expect(documentOf(event)).toMatchObject({ sequence: 1, prev: 0, batch_id: 'one' });
    await reader.cancel();
    // Whoever has gone has no socket any more.
    while ((await sockets(queue)) > 0) await queue.enqueue();
  });

  test('go on after Last-Event-ID, which is newer than the address, and after an eviction', async () => {
    const queue = await TestQueue.create();
    for (let each = 0; each < 3; each++) await queue.enqueue();
    const reader = await read(queue, '?after=1', { 'last-event-id': '2' });
    const events = await reader.until(is('live'));
    expect(events.filter(is('batch_enqueued')).map(({ id }) => id)).toEqual(['3']);
    expect(events.find(is('hello'))).not.toHaveProperty('id');
    await evictDurableObject(queue.stub);
    await queue.enqueue();
    expect(await reader.next()).toMatchObject({ id: '4', event: 'batch_enqueued' });
    await reader.cancel();
    const snapshot = (await (await read(queue, '', { 'last-event-id': '99' })).until(is('live'))).find(is('snapshot'));
    expect(snapshot).toMatchObject({ id: '4' });
  });

  test('take a filter and a ticket', async () => {
    const queue = await TestQueue.create();
    const { ticket } = await (await queue.admin('POST', `${queue.prefix}/tickets`)).json<{ ticket: string }>();
    const reader = await read(queue, `?ticket=${ticket}&batch_id=mine`, {}, caller(null));
    await reader.until(is('live'));
    await queue.enqueue({ batch_id: 'another' });
    await queue.enqueue({ batch_id: 'mine' });
    expect(documentOf(await reader.next())).toMatchObject({ sequence: 2, batch_id: 'mine' });
    await reader.cancel();
  });

  test('end when the key does', async () => {
    const queue = await TestQueue.create();
    const made = await queue.admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'] } });
    const { key, key_id } = await made.json<{ key: string; key_id: string }>();
    const reader = await read(queue, '', {}, caller(key));
    await reader.until(is('live'));
    await queue.admin('DELETE', `/api/v1/keys/${key_id}`);
    expect(await reader.next()).toBeNull();
  });

  test.each(['x', '-1', '1.5', '1'.repeat(40)])('do not guess what Last-Event-ID means: %s', async (id) => {
    const queue = await TestQueue.create();
    const response = await queue.admin('GET', `${queue.prefix}/events`, { headers: { ...SSE, 'last-event-id': id } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'bad_request' });
  });

  test('are asked for, by a key that may', async () => {
    const queue = await TestQueue.create();
    expect((await queue.admin('GET', `${queue.prefix}/events`)).status).toBe(400);
    const enqueuer = caller(await makeKey({ scopes: ['enqueue'] }));
    expect((await enqueuer('GET', `${queue.prefix}/events`, { headers: SSE })).status).toBe(403);
    expect((await caller(null)('GET', `${queue.prefix}/events`, { headers: SSE })).status).toBe(401);
  });
});

describe('a reader of server-sent events', () => {
  /** The Worker's end, and the object's, whose part the test plays. */
  function pair(heartbeat_ms?: number) {
    const [ours, theirs] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    const answers: string[] = [];
    let answered = () => {};
    let closed = false;
    theirs.addEventListener('message', ({ data }) => {
      answers.push(String(data));
      answered();
    });
    theirs.addEventListener('close', () => {
      closed = true;
      answered();
    });
    theirs.accept();
    const until = async (enough: () => boolean) => {
      while (!enough())
        await new Promise<void>((resolve) => {
          answered = resolve;
        });
    };
    return {
      object: theirs,
      reader: new EventReader(eventSource(ours, heartbeat_ms)),
      answers,
      until,
      isClosed: () => closed,
    };
  }

  test('hears that the connection lives', async () => {
    const { object, reader } = pair(5);
    await reader.next();
    expect(await reader.next()).toHaveProperty('comment');
    expect(await reader.next()).toHaveProperty('comment');
    object.send('{"name":"live","sequence":3}');
    expect((await reader.until(is('live'))).at(-1)).toEqual({
      id: '3',
      event: 'live',
      data: '{"name":"live","sequence":3}',
    });
    object.close(1000);
    expect(await reader.next()).toBeNull();
  });

  test('answers a mark by reading past it, and not before', async () => {
    const { object, reader, answers, until } = pair();
    for (const sequence of [1, 2]) {
      object.send(`{"sequence":${sequence},"prev":${sequence - 1},"name":"queue_paused"}`);
      object.send(`{"name":"acknowledge","sequence":${sequence}}`);
    }
    object.send('{"name":"invocation_progress","item_id":1}');
    expect(await reader.next()).toEqual({ retry: '2000' });
    expect(await reader.next()).toMatchObject({ id: '1', event: 'queue_paused' });
    expect(answers).toEqual([]);
    expect(await reader.next()).toMatchObject({ id: '2' });
    await until(() => answers.length === 1);
    expect(await reader.next()).toEqual({
      event: 'invocation_progress',
      data: '{"name":"invocation_progress","item_id":1}',
    });
    await until(() => answers.length === 2);
    expect(answers).toEqual(['{"ack":1}', '{"ack":2}']);
  });

  test('that goes away closes the socket', async () => {
    const { reader, until, isClosed } = pair();
    await reader.next();
    await reader.cancel();
    await until(isClosed);
  });

  test('that reads slowly is sent what it missed in windows, and all of it', async () => {
    const queue = await TestQueue.create();
    const count = MARK_EVERY_DOCUMENTS * (REPLAY_MARKS_MAX + 1);
    await runInDurableObject(queue.stub, (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO log (sequence, count, at, body, total_length)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         SELECT i, 1, 1000, '{"facts":[["paused"]],"queue":[0,0,0,0,0,0],"batches":[],"users":[]}', i * 70 FROM n`,
        count,
      );
      storage.sql.exec('UPDATE queue SET sequence = ?', count);
    });
    const reader = await read(queue, '?after=0');
    await reader.until(is('hello'));
    const [attachment] = await runInDurableObject(queue.stub, (_, state) =>
      state.getWebSockets().map((socket) => String(socket.deserializeAttachment())),
    );
    const { state } = JSON.parse(attachment ?? '') as { state: { live: boolean; read: number } };
    expect(state).toMatchObject({ live: false });
    expect(state.read).toBeLessThan(count);
    const events = (await reader.until(is('live'))).slice(0, -1);
    expect(events.map(({ id }) => Number(id))).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    await reader.cancel();
  });
});
