/**
 * Lets the event loop turn while sessions run: orders such as cancel arrive only then. Every node would be too often
 * for nodes that take microseconds, so a turn is due after some milliseconds of work.
 */
import { setImmediate as afterTurn } from 'node:timers';

/** Adds to the time in which a cancel is noticed, so it stays below what a person or a test could tell. */
const BREATHE_EVERY_MS = 4;

export class Breath {
  readonly #now: () => number;
  #last: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#last = now();
  }

  get isDue(): boolean {
    return this.#now() - this.#last >= BREATHE_EVERY_MS;
  }

  /** One whole turn of the event loop. */
  async take(): Promise<void> {
    await new Promise((resolve) => afterTurn(resolve));
    this.#last = this.#now();
  }
}
