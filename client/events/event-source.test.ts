import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EventSourceSocket } from './event-source.ts';
import type { SocketEvent } from './socket.ts';

interface Heard {
  messages: unknown[];
  closed: Promise<SocketEvent>;
  socket: EventSourceSocket;
}

function listen(open: (signal: AbortSignal) => Promise<Response>): Heard {
  const socket = new EventSourceSocket(open);
  const messages: unknown[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(data));
  const closed = new Promise<SocketEvent>((resolve) => socket.addEventListener('close', resolve));
  return { socket, messages, closed };
}

/** A stream that comes in just these pieces. */
const inPieces = (...pieces: Uint8Array<ArrayBuffer>[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
  );

const STREAM =
  'retry: 2000\n\nevent: hello\ndata: {"name":"hello"}\n\nid: 7\nevent: live\r\ndata: {"name":"live",\r\ndata: "text":"é: x"}\r\n\r\n: nothing new\n\ndata: {"cut';

test('the messages of a stream come out whole, however it is cut into pieces', async () => {
  const bytes = new TextEncoder().encode(STREAM);
  const expected = ['[{"name":"hello"}]', '[{"name":"live",\n"text":"é: x"}]', 'pong'];
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.slice(n * size, (n + 1) * size),
    );
    const { messages, closed } = listen(async () => inPieces(...pieces));
    expect(await closed).toEqual({ code: 1006 });
    expect(messages, `${size} bytes a piece`).toEqual(expected);
  }
});

test('a refusal and a connection that fails are an end without a message', async () => {
  const refused = listen(async () => new Response('data: {}\n\n', { status: 403 }));
  expect(await refused.closed).toEqual({ code: 1006 });
  const failed = listen(async () => {
    throw new TypeError('fetch failed');
  });
  expect(await failed.closed).toEqual({ code: 1006 });
  expect([...refused.messages, ...failed.messages]).toEqual([]);
});

test('closing it ends the call', async () => {
  let signal: AbortSignal | undefined;
  const { socket, messages, closed } = listen(async (given) => {
    signal = given;
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('data: {}\n\n'));
        given.addEventListener('abort', () => controller.error(given.reason));
      },
    });
    return new Response(body);
  });
  while (messages.length === 0) await turn();
  socket.close();
  await closed;
  expect(signal?.aborted).toBe(true);
});
