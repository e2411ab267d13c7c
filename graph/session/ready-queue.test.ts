import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadyQueue } from './ready-queue.ts';

/** Ranks that are ready until they have run. */
class Ranks {
  readonly #ready = new Set<number>();
  readonly #queue = new ReadyQueue<number>(
    (a, b) => a - b,
    (rank) => this.#ready.has(rank),
  );

  add(rank: number, classIndex: number): void {
    this.#ready.add(rank);
    this.#queue.add(rank, classIndex);
  }

  peek(): number | undefined {
    return this.#queue.peek();
  }

  run(rank: number, classIndex: number): void {
    this.#ready.delete(rank);
    this.#queue.activate(classIndex);
  }

  list(): number[] {
    return this.#queue.list();
  }

  drain(classOf: (rank: number) => number): number[] {
    const order: number[] = [];
    for (let rank = this.peek(); rank !== undefined; rank = this.peek()) {
      this.run(rank, classOf(rank));
      order.push(rank);
    }
    return order;
  }
}

describe('ReadyQueue', () => {
  test('[X59] drains the active class, then the one that first became ready earliest', () => {
    const queue = new Ranks();
    const classOf = (rank: number) => rank % 3;
    for (const rank of [5, 1, 3, 2, 0, 4]) queue.add(rank, classOf(rank));
    expect(queue.list()).toEqual([2, 5, 1, 4, 0, 3]);
    expect(queue.drain(classOf)).toEqual([2, 5, 1, 4, 0, 3]);
  });

  test('[X59] lets what becomes ready meanwhile join the active class, and remembers old classes', () => {
    const queue = new Ranks();
    queue.add(10, 0);
    queue.add(11, 1);
    expect(queue.peek()).toBe(10);
    queue.run(10, 0);
    expect(queue.peek()).toBe(11);
    queue.add(1, 0);
    queue.add(2, 1);
    expect(queue.peek()).toBe(2);
    queue.run(2, 1);
    expect(queue.peek()).toBe(11);
    queue.run(11, 1);
    queue.add(12, 1);
    // The active class is not left while it has something, however early the other one came.
    expect(queue.peek()).toBe(12);
    queue.run(12, 1);
    expect(queue.peek()).toBe(1);
  });

  test('gives each class in ascending order, whatever was taken out of its middle', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000)), fc.nat(), (all, removed) => {
        const queue = new Ranks();
        for (const rank of all) queue.add(rank, 0);
        const out = all.length > 0 ? all[removed % all.length] : undefined;
        if (out !== undefined) queue.run(out, 0);
        expect(queue.drain(() => 0)).toEqual(all.filter((rank) => rank !== out).sort((a, b) => a - b));
      }),
    );
  });
});
