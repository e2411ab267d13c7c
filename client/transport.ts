/** One place that talks HTTP: addresses, the key, retries, and problems as errors. */
import { Problem } from '../contract/error/problem.ts';
import type { Ticket } from '../contract/event/ticket.ts';
import { ConnectionError, ProblemError, SwitchyardError, UnexpectedAnswerError } from './errors.ts';
import { EventSourceSocket } from './events/event-source.ts';
import { defaultSocket, type Socket, type SocketConstructor, sendsHeaders } from './events/socket.ts';
import { mayRetry, RETRIES_DEFAULT, retryDelayMs } from './retry.ts';

export interface ClientOptions {
  /** Of the service, without a path: `http://127.0.0.1:8787`. */
  url: string;
  key: string;
  fetch?: typeof fetch;
  /** Default: the platform's. Where it has none, as on Node 20, events come as server-sent events. */
  WebSocket?: SocketConstructor;
  /** Sockets are opened with tickets, since they can send no header: so in browsers, unless said otherwise. */
  tickets?: boolean;
  /** Attempts beyond the first for calls that may be repeated. */
  retries?: number;
}

/** Something to send that can be sent again. */
export type Bytes = Uint8Array<ArrayBuffer> | Blob;

export interface Call {
  query?: Record<string, string | number | boolean | undefined>;
  json?: unknown;
  bytes?: Bytes;
  headers?: Record<string, string>;
  /** Making the call twice is the same as making it once. Default: what HTTP says of the method. */
  repeatable?: boolean;
  signal?: AbortSignal | undefined;
}

const REPEATABLE_METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export class Transport {
  readonly #base: string;
  readonly #key: string;
  readonly #fetch: typeof fetch;
  readonly #Socket: SocketConstructor | undefined;
  readonly #retries: number;
  readonly #tickets: boolean;

  constructor(options: ClientOptions) {
    this.#base = options.url.replace(/\/+$/, '');
    this.#key = options.key;
    // Called as a plain function: a browser's fetch refuses any other `this`.
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#Socket = options.WebSocket ?? defaultSocket();
    this.#retries = options.retries ?? RETRIES_DEFAULT;
    this.#tickets = options.tickets ?? !sendsHeaders();
  }

  /** The answer's JSON. The type is the caller's word: the service is trusted to keep its contract. */
  json<Result>(method: string, path: string, call: Call = {}): Promise<Result> {
    return this.read(method, path, call, async (response) => {
      const text = await response.text();
      if (text === '') return undefined as Result;
      try {
        return JSON.parse(text) as Result;
      } catch {
        throw new UnexpectedAnswerError(response.status, text.slice(0, 200));
      }
    });
  }

  /**
   * What `body` makes of a successful answer; a connection that breaks before its end has brought none. Everything
   * else is thrown, after the retries that are allowed.
   */
  async read<Result>(
    method: string,
    path: string,
    call: Call,
    body: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    const repeatable = call.repeatable ?? REPEATABLE_METHODS.has(method);
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(method, path, call, body);
      } catch (error) {
        if (attempt >= this.#retries || !mayRetry(error, repeatable)) throw error;
        const asked = error instanceof ProblemError ? error.retryAfterMs : null;
        await sleep(retryDelayMs(attempt, Math.random(), asked), call.signal);
      }
    }
  }

  /** A websocket to the service. The key travels as a header, or as a ticket from `tickets`, an address of its own. */
  async socket(path: string, query: Call['query'], tickets: string): Promise<Socket> {
    if (this.#Socket === undefined) {
      const [call, source] = [this.#fetch, this.#address(path, query)];
      const headers = { authorization: `Bearer ${this.#key}`, accept: 'text/event-stream' };
      return new EventSourceSocket((signal) => call(source, { headers, signal }));
    }
    if (this.#tickets) {
      // Whoever gives up waits for none: the stream comes again by itself.
      const { ticket } = await this.json<Ticket>('POST', tickets);
      return new this.#Socket(this.#address(path, { ...query, ticket }).replace(/^http/, 'ws'));
    }
    const address = this.#address(path, query).replace(/^http/, 'ws');
    return new this.#Socket(address, { headers: { authorization: `Bearer ${this.#key}` } });
  }

  #address(path: string, query: Call['query'] = {}): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value));
    }
    return `${this.#base}${path}${search.size > 0 ? `?${search}` : ''}`;
  }

  async #once<Result>(
    method: string,
    path: string,
    call: Call,
    body: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    const address = this.#address(path, call.query);
    const headers: Record<string, string> = { authorization: `Bearer ${this.#key}`, ...call.headers };
    const init: RequestInit = { method, headers };
    if (call.signal) init.signal = call.signal;
    if (call.json !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(call.json);
    } else if (call.bytes) init.body = call.bytes;
    try {
      const response = await this.#fetch(address, init);
      if (!response.ok) throw await refusal(response);
      return await body(response);
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      call.signal?.throwIfAborted();
      throw new ConnectionError(address, error);
    }
  }
}

async function refusal(response: Response): Promise<Error> {
  const text = await response.text().catch(() => '');
  try {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new ProblemError(Problem.parse(JSON.parse(text)), Number.isFinite(seconds) ? seconds * 1_000 : null);
  } catch {
    return new UnexpectedAnswerError(response.status, text.slice(0, 200));
  }
}

/** Resolves after `ms`; rejects with the signal's reason when it fires first. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
