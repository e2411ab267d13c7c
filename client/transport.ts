/** One place that talks HTTP: addresses, the key, retries, and problems as errors. */
import type { Ticket } from '../contract/event/ticket.ts';
import { CallerError } from './caller-error.ts';
import { ConnectionError, ProblemError, SwitchyardError, UnexpectedAnswerError } from './errors.ts';
import { EventSourceSocket } from './events/event-source.ts';
import { defaultSocket, type Socket, type SocketConstructor, sendsHeaders } from './events/socket.ts';
import { freshId } from './fresh-id.ts';
import { NotFoundError, problemError, readProblem } from './problems.ts';
import { mayRetry, RETRIES_DEFAULT, retryAfterOf, retryDelayMs, turnedAway } from './retry.ts';
import { type Bytes, type OnSent, sendBytes } from './send-bytes.ts';
import { sleep } from './sleep.ts';

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

export interface Call {
  query?: Record<string, string | number | boolean | undefined>;
  json?: unknown;
  bytes?: Bytes;
  /** Told how much of `bytes` has been sent; begins anew with each attempt. */
  onSent?: OnSent | undefined;
  /** Read anew before each attempt. */
  headers?: Record<string, string>;
  /** Making the call twice is the same as making it once. Default: what HTTP says of the method. */
  repeatable?: boolean;
  /** It creates: an Idempotency-Key names the call, so that it may be repeated when its answer is lost. */
  creates?: boolean;
  /** Told why, before the call is repeated. */
  onRepeat?: (why: unknown) => void;
  signal?: AbortSignal | undefined;
}

interface SocketCall {
  /** Where tickets are to be had. */
  tickets: string;
  /** Without a websocket, which something between does not let through. */
  plain?: boolean;
  signal?: AbortSignal;
}

/** What every call of the client takes. */
export type Options = Pick<Call, 'signal'>;

const REPEATABLE_METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export class Transport {
  readonly #base: string;
  readonly #key: string;
  readonly #fetch: typeof fetch;
  /** Whether the caller gave a `fetch`, beside which nothing may go. */
  readonly #ownFetch: boolean;
  readonly #Socket: SocketConstructor | undefined;
  readonly #retries: number;
  readonly #tickets: boolean;

  constructor(options: ClientOptions) {
    this.#base = options.url.replace(/\/+$/, '');
    // As it comes from a file, with its line's end.
    this.#key = options.key.trim();
    // A platform that refuses the header says the key in its error.
    if (/[^\x21-\x7e]/.test(this.#key))
      throw new SwitchyardError('The key holds characters that no key has: give one key, as it was made.');
    // Called as a plain function: a browser's fetch refuses any other `this`.
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#ownFetch = options.fetch !== undefined;
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

  text(method: string, path: string, call: Call = {}): Promise<string> {
    return this.read(method, path, call, (response) => response.text());
  }

  /** DELETE. When the answer was lost and the repeated call finds nothing, the first one had done it. */
  async remove(path: string, call: Call = {}): Promise<void> {
    let maybeDone = false;
    const onRepeat = (why: unknown) => {
      maybeDone ||= !turnedAway(why);
    };
    try {
      await this.json('DELETE', path, { ...call, onRepeat });
    } catch (error) {
      if (!(maybeDone && error instanceof NotFoundError)) throw error;
    }
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
    const repeatable = call.creates || (call.repeatable ?? REPEATABLE_METHODS.has(method));
    const fixed: Record<string, string> = { authorization: `Bearer ${this.#key}` };
    if (call.creates) fixed['idempotency-key'] = freshId();
    if (call.json !== undefined) fixed['content-type'] = 'application/json';
    const json = call.json === undefined ? undefined : JSON.stringify(call.json);
    for (let attempt = 0; ; attempt++) {
      const init: RequestInit = { method, headers: { ...fixed, ...call.headers } };
      if (json !== undefined) init.body = json;
      if (call.signal) init.signal = call.signal;
      try {
        return await this.#once(this.#address(path, call.query), init, call, body);
      } catch (error) {
        await this.wait(error, attempt, repeatable, call.signal);
        call.onRepeat?.(error);
      }
    }
  }

  /** Waits until a call that failed may be made again; throws its error when it may not. */
  async wait(error: unknown, attempt: number, repeatable: boolean, signal?: AbortSignal): Promise<void> {
    if (error instanceof CallerError) throw error.cause;
    if (attempt >= this.#retries || !mayRetry(error, repeatable)) throw error;
    const asked = error instanceof ProblemError ? error.retryAfterMs : null;
    await sleep(retryDelayMs(attempt, Math.random(), asked), signal);
  }

  /** A websocket to the service, or what stands for one. The key travels as a header, or as a ticket from `tickets`, an address of its own. */
  async socket(path: string, query: Call['query'], { tickets, plain = false, signal }: SocketCall): Promise<Socket> {
    if (this.#Socket === undefined || plain) {
      const [call, source] = [this.#fetch, this.#address(path, query)];
      const headers = { authorization: `Bearer ${this.#key}`, accept: 'text/event-stream' };
      return new EventSourceSocket((signal) => call(source, { headers, signal }));
    }
    if (this.#tickets) {
      // Whoever gives up waits for none: the stream comes again by itself.
      const { ticket } = await this.json<Ticket>('POST', tickets, { signal });
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
    address: string,
    init: RequestInit,
    { bytes, onSent, signal }: Call,
    body: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    try {
      const response = bytes
        ? await sendBytes(this.#fetch, address, init, bytes, { onSent, fetchOnly: this.#ownFetch })
        : await this.#fetch(address, init);
      if (!response.ok) throw await refusal(response);
      return await body(response);
    } catch (error) {
      if (error instanceof SwitchyardError || error instanceof CallerError) throw error;
      signal?.throwIfAborted();
      throw new ConnectionError(address, error);
    }
  }
}

async function refusal(response: Response): Promise<Error> {
  const text = await response.text().catch(() => '');
  const problem = readProblem(text);
  if (problem === null) return new UnexpectedAnswerError(response.status, text.slice(0, 200));
  return problemError(problem, retryAfterOf(response.headers.get('retry-after'), Date.now()));
}
