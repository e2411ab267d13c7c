/** A service's calls as a test holds them: answered when the test says so, or by themselves. */
import type { ErrorCode } from '../../contract/error/codes.ts';
import { problem } from '../../contract/error/problem.ts';

/** Lets everything go on that waits for nothing from outside. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

export class HeldCall {
  /** As `GET i/1/invocations`, below the queue's address or the API's. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly signal: AbortSignal | null;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    asked: { name: string; query: URLSearchParams; body: unknown; signal: AbortSignal | null },
    resolve: (response: Response) => void,
    reject: (error: Error) => void,
  ) {
    this.name = asked.name;
    this.query = asked.query;
    this.body = asked.body;
    this.signal = asked.signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Also when whoever asked has given up meanwhile: an answer may be on its way already. */
  async answer(body: unknown): Promise<void> {
    this.#resolve(Response.json(body));
    await settled();
  }
  async refuse(code: ErrorCode): Promise<void> {
    const refusal = problem(code, `Refused: ${code}.`);
    this.#resolve(Response.json(refusal, { status: refusal.status }));
    await settled();
  }
  async breaks(): Promise<void> {
    this.#reject(new Error('connection reset'));
    await settled();
  }
}

export class HeldApi {
  /** The names of all calls that were made. */
  readonly made: string[] = [];
  /** Calls that are answered at once, by name; the others are held. */
  readonly answers = new Map<string, (call: HeldCall) => unknown>();
  #held: HeldCall[] = [];
  readonly #waiting: { name: string; take: (call: HeldCall) => void }[] = [];

  readonly fetch = ((input: string, init: RequestInit): Promise<Response> =>
    new Promise((resolve, reject) => {
      const url = new URL(input);
      const path = url.pathname.replace(/^\/api\/v1\/(queue\/[^/]+\/)?/, '');
      const body = init.body === undefined ? null : (JSON.parse(String(init.body)) as unknown);
      const asked = { name: `${init.method} ${path}`, query: url.searchParams, body, signal: init.signal ?? null };
      const call = new HeldCall(asked, resolve, reject);
      this.made.push(call.name);
      const answer = this.answers.get(call.name);
      const waiting = this.#waiting.findIndex(({ name }) => name === call.name);
      if (answer) void call.answer(answer(call));
      else if (waiting >= 0) this.#waiting.splice(waiting, 1)[0]?.take(call);
      else this.#held.push(call);
    })) as typeof fetch;

  /** The next call of that name, made already or to come. */
  next(name: string): Promise<HeldCall> {
    const at = this.#held.findIndex((call) => call.name === name);
    const [call] = at >= 0 ? this.#held.splice(at, 1) : [];
    return call ? Promise.resolve(call) : new Promise((take) => this.#waiting.push({ name, take }));
  }

  /** How often a call was made. */
  count(name: string): number {
    return this.made.filter((made) => made === name).length;
  }
}
