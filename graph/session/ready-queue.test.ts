import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReadyQueue } from './ready-queue.ts';

const ranks = () => new ReadyQueue<number>((a, b) => a - b);

const drain = (queue: ReadyQueue<number>, classOf: (rank: number) => number): number[] => {
  const order: number[] = [];
  for (let rank = queue.peek(); rank !== undefined; rank = queue.peek()) {
    queue.take(rank, classOf(rank));
    order.push(rank);
  }
  return order;
};

describe('ReadyQueue', () => {
  test('[X59] drains the active class, then the one that first became ready earliest', () => {
    const queue = ranks();
    const classOf = (rank: number) => rank % 3;
    for (const rank of [5, 1, 3, 2, 0, 4]) queue.add(rank, classOf(rank));
    expect(drain(queue, classOf)).toEqual([2, 5, 1, 4, 0, 3]);
  });

  test('[X59] lets what becomes ready meanwhile join the active class, and remembers old classes', () => {
    const queue = ranks();
    queue.add(10, 0);
    queue.add(11, 1);
    expect(queue.peek()).toBe(10);
    queue.take(10, 0);
    expect(queue.peek()).toBe(11);
    queue.add(1, 0);
    queue.add(2, 1);
    expect(queue.peek()).toBe(2);
    expect(queue.take(2, 1)).toBe(true);
    expect(queue.peek()).toBe(11);
    queue.take(11, 1);
    queue.add(12, 1);
    // The active class is not left while it has something, however early the other one came.
    expect(queue.peek()).toBe(12);
    queue.take(12, 1);
    expect(queue.peek()).toBe(1);
  });

  test('takes only what is ready, once', () => {
    const queue = ranks();
    queue.add(1, 0);
    expect([queue.take(2, 0), queue.take(1, 5), queue.take(1, 0), queue.take(1, 0)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(queue.peek()).toBeUndefined();
  });

  test('gives each class in ascending order, whatever was taken out of its middle', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000)), fc.nat(), (all, removed) => {
        const queue = ranks();
        for (const rank of all) queue.add(rank, 0);
        const out = all.length > 0 ? all[removed % all.length] : undefined;
        if (out !== undefined) queue.take(out, 0);
        expect(drain(queue, () => 0)).toEqual(all.filter((rank) => rank !== out).sort((a, b) => a - b));
      }),
    );
  });
});
