/**
 * Calls over a network that loses, doubles, delays and so reorders them. A caller learns its answer, or after a while
 * that there was none, which tells nothing about whether the call was carried out.
 */
import type { Answer } from '../../edge/queue/refusal.ts';
import { Unreachable, type World } from './object.ts';

/** How long a caller waits. */
const PATIENCE_MS = 8_000;
const LATE_MS = 60_000;

export class Network {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** `carryOut` is the call at the object, `done` gets its answer or null. */
  call(name: string, carryOut: () => Answer<unknown>, done: (answer: Answer<unknown> | null) => void): void {
    const { timeline, random, faults } = this.#world;
    const there = this.#delay();
    const back = this.#delay();
    const arrives = !random.chance(faults.lostRequest);
    const answered = arrives && !random.chance(faults.lostAnswer) && there + back < PATIENCE_MS;
    if (arrives)
      timeline.after(there, () => {
        const answer = this.#deliver(name, carryOut);
        if (answered) timeline.after(back, () => done(answer));
      });
    if (!answered) timeline.after(PATIENCE_MS, () => done(null));
    if (random.chance(faults.doubled)) timeline.after(this.#delay(), () => this.#deliver(`${name} again`, carryOut));
  }

  #delay(): number {
    const { random, faults } = this.#world;
    return random.chance(faults.late) ? random.between(1_000, LATE_MS) : random.between(1, 30);
  }

  #deliver(name: string, carryOut: () => Answer<unknown>): Answer<unknown> | null {
    const { trace } = this.#world;
    try {
      const answer = carryOut();
      trace.add(answer.ok ? name : `${name}: refused, ${answer.problem.code}`);
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) {
        trace.add(`${name}: ${(error as Error).name}`);
        throw error;
      }
      trace.add(`${name}: ${error.message}`);
      return null;
    }
  }
}
