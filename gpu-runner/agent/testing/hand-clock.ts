import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

/** Time that passes when it is told to. */
export class HandClock implements Clock {
  #passed = 0;
  #jumped = 0;
  readonly #due = new Map<() => void, number>();

  now(): number {
    return this.#passed + this.#jumped;
  }

  random(): number {
    return 0;
  }

  later(ms: number, callback: () => void): () => void {
    const call = () => callback();
    this.#due.set(call, this.#passed + ms);
    return () => this.#due.delete(call);
  }

  async pass(ms: number): Promise<void> {
    this.#passed += ms;
    for (const [call, at] of this.#due) if (at <= this.#passed && this.#due.delete(call)) call();
    await settled();
  }

  /** The time of day is set; no time passes. */
  jump(ms: number): void {
    this.#jumped += ms;
  }
}

/** Whatever follows from what has happened has happened too: nothing here waits for more than a promise. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}
