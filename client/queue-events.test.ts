import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { FakeSocket } from './testing/fake-socket.ts';
import { hello, runnerEvent } from './testing/frames.ts';

test('where a socket can send no header, each is opened with a ticket of its own', async () => {
  const opened: { url: URL; options: unknown }[] = [];
  const asked: string[] = [];
  let tickets = 0;
  class BrowserSocket extends FakeSocket {
    constructor(address: string, options?: unknown) {
      super();
      opened.push({ url: new URL(address), options });
      setTimeout(() => {
        const sequence = opened.length;
        this.says(hello(sequence, 'replay'), runnerEvent(sequence, sequence - 1));
        this.drops();
      }, 0);
    }
  }
  const queue = createClient({
    url: 'https://switchyard.test',
    key: 'sy_key',
    tickets: true,
    WebSocket: BrowserSocket,
    fetch: async (address, init) => {
      asked.push(`${init?.method} ${String(address)} ${new Headers(init?.headers).get('authorization')}`);
      return Response.json({ ticket: `st_${++tickets}`, expires_at: '2026-01-01T00:00:00.000Z' }, { status: 201 });
    },
  }).queue('q');
  const seen: number[] = [];
  for await (const frame of queue.events({ after: 0 })) {
    if (frame.name === 'runner_connected' && frame.sequence) seen.push(frame.sequence);
    if (seen.length === 2) break;
  }
  expect(seen).toEqual([1, 2]);
  expect(asked).toEqual(Array(2).fill('POST https://switchyard.test/api/v1/queue/q/tickets Bearer sy_key'));
  expect(opened.map(({ url }) => [url.protocol, url.pathname, url.searchParams.get('ticket')])).toEqual([
    ['wss:', '/api/v1/queue/q/events', 'st_1'],
    ['wss:', '/api/v1/queue/q/events', 'st_2'],
  ]);
  expect(opened.map(({ url, options }) => [url.searchParams.get('after'), options])).toEqual([
    ['0', undefined],
    ['1', undefined],
  ]);
});

test('where websockets are stopped on the way, events come as an answer to a call', async () => {
  class StoppedSocket extends FakeSocket {
    constructor(_address: string) {
      super();
      setTimeout(() => this.drops(), 0);
    }
  }
  const accepted: (string | null)[] = [];
  const { queue_id } = hello(0, 'replay');
  const queue = createClient({
    url: 'https://switchyard.test',
    key: 'sy_key',
    WebSocket: StoppedSocket,
    fetch: async (address, init) => {
      const { pathname } = new URL(String(address));
      if (!pathname.endsWith('/events')) return Response.json({});
      accepted.push(new Headers(init?.headers).get('accept'));
      const frames = [hello(1, 'replay'), runnerEvent(1, 0)].map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
      return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
    },
  }).queue(queue_id);
  for await (const frame of queue.events({ after: 0 })) if (frame.name === 'runner_connected') break;
  expect(accepted).toEqual(['text/event-stream']);
});
