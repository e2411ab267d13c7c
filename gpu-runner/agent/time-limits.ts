/** Looks at what the devices work on while they do, and ends what takes longer than it may. */
import type { FlightRecord } from '../device/flight-recorder.ts';
import { Signal } from '../signal.ts';
import { type Clock, pause } from './clock.ts';
import { RunTimes } from './run-times.ts';
import type { Work } from './work.ts';

/** How late at most a node is noticed that its device could not speak of. A look costs some ten microseconds. */
export const LOOK_EVERY_MS = 250;

export interface TimeLimitsParts {
  work: Pick<Work, 'isIdle' | 'onChange' | 'seen' | 'grantOf' | 'timedOut'>;
  record: () => FlightRecord;
  clock: Clock;
  ending: AbortSignal;
}

export class TimeLimits {
  readonly times = new RunTimes();
  readonly #parts: TimeLimitsParts;

  constructor(parts: TimeLimitsParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { clock, ending, work } = this.#parts;
    const signal = new Signal();
    work.onChange(() => signal.notify());
    ending.addEventListener('abort', () => signal.notify());
    while (!ending.aborted) {
      if (work.isIdle) {
        await signal.wait();
        continue;
      }
      const next = this.#look();
      const wait = next === null ? LOOK_EVERY_MS : Math.min(LOOK_EVERY_MS, next - clock.now());
      await pause(clock, Math.max(1, wait), ending);
    }
  }

  /** Returns the time at which the next thing is over its limit. */
  #look(): number | null {
    const { clock, work, record } = this.#parts;
    const now = clock.now();
    const seen = record();
    work.seen(seen);
    this.times.look(seen, now);
    const { overdue, next } = this.times.judge((ticket) => work.grantOf(ticket));
    for (const each of overdue) work.timedOut(each);
    return next;
  }
}
