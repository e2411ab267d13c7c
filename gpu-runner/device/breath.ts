/**
 * Lets the event loop turn while sessions run: orders such as cancel arrive only then, and so do the turns of other
 * sessions, one after the other. Every node would be too often for nodes that take microseconds, so a turn is due after
 * some milliseconds of work.
 */
import { setImmediate as afterTurn } from 'node:timers';

/** Adds to the time in which a cancel is noticed, so it stays below what a person or a test could tell. */
const BREATHE_EVERY_MS = 4;
/** With many sessions they share that time, as far as a turn, which costs some microseconds, is worth it. */
const BREATHE_EVERY_MS_MIN = 1;

export class Breath {
  readonly #now: () => number;
  readonly #everyMs: number;
  #last: number;

  /** `sessions` run at a time. */
  constructor(now: () => number, sessions = 1) {
    this.#now = now;
    this.#everyMs = Math.max(BREATHE_EVERY_MS_MIN, BREATHE_EVERY_MS / sessions);
    this.#last = now();
  }

  get isDue(): boolean {
    return this.#now() - this.#last >= this.#everyMs;
  }

  /** One whole turn of the event loop. */
  async take(): Promise<void> {
    await new Promise((resolve) => afterTurn(resolve));
    this.#last = this.#now();
  }
}
