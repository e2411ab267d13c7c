/**
 * Simulated time: what is to happen, in order. `elapsed` only grows; the wall clock is what the queue reads, and it jumps.
 */

interface Planned {
  at: number;
  /** Of two at the same time the one that was planned first comes first. */
  order: number;
  happen: () => void;
}

const before = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class Timeline {
  elapsed = 0;
  /** What the wall clock shows beyond the time that passed. */
  skew = 1_000_000_000_000;
  readonly #heap: Planned[] = [];
  #order = 0;

  get wall(): number {
    return this.elapsed + this.skew;
  }

  after(delay: number, happen: () => void): void {
    const heap = this.#heap;
    heap.push({ at: this.elapsed + Math.max(0, Math.round(delay)), order: this.#order++, happen });
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!before(heap[child]!, heap[parent]!)) break;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  /** Lets the next thing happen. */
  step(): void {
    const heap = this.#heap;
    const first = heap[0];
    if (!first) return;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let parent = 0; ; ) {
        const left = 2 * parent + 1;
        const child = left + 1 < heap.length && before(heap[left + 1]!, heap[left]!) ? left + 1 : left;
        if (child >= heap.length || !before(heap[child]!, heap[parent]!)) break;
        [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
        parent = child;
      }
    }
    this.elapsed = first.at;
    first.happen();
  }
}

/** While `body` runs, the platform's clock and timers are those of the simulation, for the shipped code that reads them. */
export function inTime<T>(timeline: Timeline, body: () => T): T {
  const { setTimeout } = globalThis;
  const { now } = Date;
  Date.now = () => timeline.wall;
  globalThis.setTimeout = ((happen: () => void, delay = 0) => timeline.after(delay, happen)) as typeof setTimeout;
  try {
    return body();
  } finally {
    Date.now = now;
    globalThis.setTimeout = setTimeout;
  }
}
