/**
 * The event stream as server-sent events, in the shape of a websocket: for where there is none, as on Node 20. The
 * service answers its own marks by what it could send, so that nothing has to be said here.
 */
import type { Socket, SocketEvent } from './socket.ts';

type Kind = 'open' | 'message' | 'close' | 'error';

/** What a socket says of an end that was nobody's wish. */
const CLOSED_ABNORMALLY = 1006;

export class EventSourceSocket implements Socket {
  readonly #listeners = new Map<Kind, ((event: SocketEvent) => void)[]>();
  readonly #stop = new AbortController();

  /** `open` makes the call: with `Accept: text/event-stream`, the key and this signal. */
  constructor(open: (signal: AbortSignal) => Promise<Response>) {
    this.#read(open)
      // Also a refusal is an end that says no more: as of a websocket, a plain call tells why.
      .catch(() => {})
      .finally(() => this.#emit('close', { code: CLOSED_ABNORMALLY }));
  }

  addEventListener(type: Kind, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  /** The stream has no way up; the service needs nothing that a websocket's client sends. */
  send(): void {}

  close(): void {
    this.#stop.abort();
  }

  async #read(open: (signal: AbortSignal) => Promise<Response>): Promise<void> {
    const response = await open(this.#stop.signal);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return;
    }
    this.#emit('open', {});
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const lines = new Lines();
    let data: string[] = [];
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
      for (const line of lines.take(chunk.value)) {
        if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
        // A comment shows that the other side lives, which is what an answered ping does.
        else if (line.startsWith(':')) this.#emit('message', { data: 'pong' });
        else if (line === '' && data.length > 0) {
          this.#emit('message', { data: `[${data.join('\n')}]` });
          data = [];
        }
      }
  }

  #emit(type: Kind, event: SocketEvent): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** Cuts text that comes in pieces into lines; what has no end yet waits. */
class Lines {
  #rest: string[] = [];

  take(text: string): string[] {
    const [first = '', ...more] = text.split('\n');
    this.#rest.push(first);
    if (more.length === 0) return [];
    const lines = [this.#rest.join(''), ...more];
    this.#rest = [lines.pop() ?? ''];
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}
