/** A service whose answers and events are the test's, behind a real client. */
import type { ErrorCode } from '../../contract/error/codes.ts';
import { problem } from '../../contract/error/problem.ts';
import { type Client, createClient } from '../client.ts';
import { FakeSocket } from './fake-socket.ts';

export interface Asked {
  call: string;
  url: URL;
  body: unknown;
  headers: Headers;
  signal: AbortSignal | null;
}

type Answer = (asked: Asked) => Response | Promise<Response>;

export class FakeService {
  readonly client: Client;
  readonly asked: Asked[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly #answers = new Map<string, Answer[]>();
  #waiting: (() => void)[] = [];

  constructor(options: { retries?: number } = {}) {
    const opened = (socket: FakeSocket) => {
      this.sockets.push(socket);
      this.#changed();
    };
    this.client = createClient({
      url: 'http://service.test',
      key: 'sy_key',
      tickets: false,
      ...options,
      WebSocket: class extends FakeSocket {
        constructor(_address: string) {
          super();
          opened(this);
        }
      },
      fetch: (input, init) => this.#fetch(new URL(String(input)), init),
    });
  }

  /** Answers to a call like `PUT i/7/cancel`, in order; the last one stands for all that follow. */
  on(call: string, ...answers: Answer[]): this {
    this.#answers.set(call, answers);
    return this;
  }

  /** How often it was asked. */
  count(call: string): number {
    return this.asked.filter((each) => each.call === call).length;
  }

  /** The nth call of this kind, as soon as it came. */
  async call(name: string, nth = 1): Promise<Asked> {
    for (;;) {
      const found = this.asked.filter((each) => each.call === name)[nth - 1];
      if (found) return found;
      await this.#change();
    }
  }

  /** The nth socket, as soon as it is opened. */
  async socket(nth = 1): Promise<FakeSocket> {
    for (;;) {
      const socket = this.sockets[nth - 1];
      if (socket) return socket;
      await this.#change();
    }
  }

  async #fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const path = url.pathname.replace(/^\/api\/v1\/(queue\/[^/]+\/)?/, '');
    const call = `${init.method ?? 'GET'} ${path}`;
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : init.body;
    const asked = { call, url, body, headers: new Headers(init.headers), signal: init.signal ?? null };
    this.asked.push(asked);
    this.#changed();
    const answers = this.#answers.get(call);
    const answer = answers && answers.length > 1 ? answers.shift() : answers?.[0];
    if (!answer) throw new Error(`nobody answers ${call}`);
    init.signal?.throwIfAborted();
    const ended = new Promise<never>((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
    });
    ended.catch(() => {});
    return Promise.race([answer(asked), ended]);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }
}

export const ok =
  (body: unknown): Answer =>
  () =>
    Response.json(body);

export const refused =
  (code: ErrorCode, extra: Record<string, unknown> = {}): Answer =>
  () => {
    const document = problem(code, `refused as ${code}`, { extra });
    return Response.json(document, { status: document.status });
  };

/** The connection breaks; nobody knows what the service did. */
export const lost: Answer = () => {
  throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
};

/** No answer comes. */
export const silent: Answer = () => new Promise(() => {});
