/** Bytes of something immutable, as they arrive: where a connection breaks, the next one goes on. */
import { ConnectionError, UnexpectedAnswerError } from './errors.ts';
import type { Call, Transport } from './transport.ts';

export interface Incoming {
  content_type: string;
  /** Bytes; null when the service did not say. */
  total: number | null;
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
}

export type OnReceived = (received: number, total: number | null) => void;

/** Resolves when the service has begun to answer. */
export async function receive(transport: Transport, path: string, call: Call): Promise<Incoming> {
  const headers: Record<string, string> = { ...call.headers };
  const open = () => transport.read('GET', path, { ...call, headers }, async (response) => response);
  const first = await open();
  const length = first.headers.get('content-length');
  const isPacked = first.headers.has('content-encoding');
  const total = length === null || isPacked ? null : Number(length);
  async function* chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    let response = first;
    let received = 0;
    for (let attempt = 0; ; ) {
      try {
        for await (const chunk of chunksOf(response)) {
          received += chunk.byteLength;
          attempt = 0;
          yield chunk;
        }
        // Not every platform tells a body that broke off from one that ended.
        if (total === null || received >= total) return;
        throw new Error('the answer ended early');
      } catch (error) {
        // All of it is there: only the end of the connection went wrong.
        if (received === total) return;
        call.signal?.throwIfAborted();
        // What arrived was unpacked: how much of the packed bytes that was, nobody knows.
        if (isPacked && received > 0) throw new ConnectionError(path, error);
        await transport.wait(new ConnectionError(path, error), attempt++, true, call.signal);
      }
      headers.range = `bytes=${received}-`;
      response = await open();
      if (received > 0 && !continues(response, received)) {
        await response.body?.cancel();
        throw new UnexpectedAnswerError(response.status, 'a part was asked for, and the whole or another was sent');
      }
    }
  }
  return { content_type: first.headers.get('content-type') ?? 'application/octet-stream', total, chunks: chunks() };
}

/** Whether an answer holds the bytes from `start` on, as far as it says. */
function continues(response: Response, start: number): boolean {
  const first = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  return response.status === 206 && (first === undefined || Number(first) === start);
}

/** All of it in one piece of memory. */
export async function wholeOf(incoming: Incoming, onProgress?: OnReceived): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  onProgress?.(0, incoming.total);
  for await (const part of incoming.chunks) {
    parts.push(part);
    length += part.byteLength;
    onProgress?.(length, incoming.total);
  }
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Not every browser iterates over a body. Whoever leaves early ends the connection. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value as Uint8Array<ArrayBuffer>;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
