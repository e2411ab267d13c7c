/** Reads of one connection: a few at a time, again while they may pass, and none of them outlives it. */
import { mayRetry, retryDelayMs } from '../retry.ts';
import { sleep } from '../sleep.ts';

/** A page shows something else meanwhile, and the service has other callers. */
const READS_AT_ONCE = 4;

/** Attempts at one call, each with the retries of a call of its own: about half a minute. */
const ATTEMPTS = 8;

export class ReadingRoom {
  readonly #end = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #free = READS_AT_ONCE;

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** What was asked for and is answered later is dropped: it is thrown at whoever waits, who knows by the signal. */
  close(): void {
    this.#end.abort(new DOMException('The connection that wanted to know has ended.', 'AbortError'));
  }

  /** As long as it may pass. */
  patiently<Answer>(call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    return this.ask(call, this.signal, Number.POSITIVE_INFINITY);
  }

  /** The answer; the last error when there is none. `signal` is the room's own, or one that ends with it or earlier. */
  async ask<Answer>(
    call: (signal: AbortSignal) => Promise<Answer>,
    signal = this.signal,
    attempts = ATTEMPTS,
  ): Promise<Answer> {
    for (let failures = 0; ; failures++) {
      await this.#enter(signal);
      try {
        const answer = await call(signal);
        signal.throwIfAborted();
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!mayRetry(error, true) || failures + 1 >= attempts) throw error;
      } finally {
        this.#leave();
      }
      // Others read meanwhile.
      await sleep(retryDelayMs(failures, Math.random()), signal);
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (!signal.aborted) return;
    this.#leave();
    throw signal.reason;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
