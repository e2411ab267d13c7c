/**
 * Server-sent events end in the Worker, over a websocket to the queue's object. What was not read yet waits in the
 * object's log, not here: a mark is answered when the reader has come as far.
 */

/** Proxies end a connection on which nothing comes for a minute or less. */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it comes back. */
const RETRY_MS = 2_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Some proxies gather an answer before they pass it on.
  'x-accel-buffering': 'no',
};

/** The stream that the socket brings, as an answer; it ends when the socket does, and ends the socket. */
export const eventSource = (socket: WebSocket, heartbeat_ms = HEARTBEAT_MS): Response =>
  new Response(eventStream(socket, heartbeat_ms), { headers: HEADERS });

function eventStream(socket: WebSocket, heartbeat_ms: number): ReadableStream<Uint8Array> {
  const waiting: string[] = [];
  let ended = false;
  let arrived = () => {};
  socket.addEventListener('message', ({ data }) => {
    waiting.push(String(data));
    arrived();
  });
  const end = () => {
    ended = true;
    arrived();
  };
  socket.addEventListener('close', end);
  socket.addEventListener('error', end);
  socket.accept();
  const encoder = new TextEncoder();
  let next = `retry: ${RETRY_MS}\n\n`;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (next === '') {
          const document = waiting.shift();
          if (document !== undefined) next = take(socket, document);
          else if (ended) return controller.close();
          else if (!(await happens((resolve) => (arrived = resolve), heartbeat_ms))) next = ': nothing new\n\n';
        }
        controller.enqueue(encoder.encode(next));
        next = '';
      },
      cancel() {
        waiting.length = 0;
        socket.close(1000);
      },
    },
    // Nothing is taken before it is asked for.
    { highWaterMark: 0 },
  );
}

/** Whether it happens before the time is over. */
function happens(when: (resolve: () => void) => void, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    when(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** The head of a frame, which says all that is needed of it: frames may be large. */
const NUMBERED = /^\{"sequence":(\d+),"prev":\d+,"name":"(\w+)"/;

/** The document as the reader gets it; nothing where it is a mark, which is answered. */
function take(socket: WebSocket, document: string): string {
  const numbered = NUMBERED.exec(document);
  if (numbered) return message(numbered[2] ?? '', document, Number(numbered[1]));
  const { name, sequence, mode } = JSON.parse(document) as { name: string; sequence?: number; mode?: string };
  if (name === 'acknowledge') {
    try {
      socket.send(JSON.stringify({ ack: sequence }));
    } catch {
      // It is closing: its end follows.
    }
    return '';
  }
  // Of a replay nothing was seen yet: the browser keeps the number that it came with.
  return message(name, document, name === 'hello' && mode !== 'current' ? undefined : sequence);
}

const message = (name: string, document: string, sequence?: number): string =>
  `${sequence === undefined ? '' : `id: ${sequence}\n`}event: ${name}\ndata: ${document}\n\n`;
