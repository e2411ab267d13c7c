/** The order of claims, from rows to grants. */
import { describe, expect, test } from 'vitest';
import type { QueueSettings } from '../../contract/queue/queue.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const open = async (settings: Partial<QueueSettings> = {}) => {
  const fixture = await QueueFixture.open(settings);
  const runner = new ProtocolRunner(fixture).register();
  let batches = 0;
  const enqueue = (user_id: string, count = 1, over: Parameters<typeof plainBatch>[2] = {}) =>
    fixture.enqueue(plainBatch(`b${++batches}`, count, { user_id, ...over }));
  const claim = (count: number) => runner.claim(count).map((grant) => grant.item_id);
  return { fixture, runner, enqueue, claim };
};

describe('first in, first out', () => {
  test('[Q109] over all users by priority and then age; nothing when there is nothing', async () => {
    const { enqueue, claim } = await open({ order: 'fifo' });
    expect(claim(1)).toEqual([]);
    enqueue('ann', 2);
    enqueue('bob', 1);
    enqueue('ann', 1);
    enqueue('cat', 2, { priority: 10 });
    expect(claim(9)).toEqual([5, 6, 1, 2, 3, 4]);
  });
});

describe('fair', () => {
  test('[Q110] users take turns: A1 A2 B1 C1 C2 A3 run as A1 B1 C1 A2 C2 A3', async () => {
    for (const stride of [1, 2, 6]) {
      const { enqueue, claim } = await open();
      for (const user_id of ['A', 'A', 'B', 'C', 'C', 'A']) enqueue(user_id);
      const order: number[] = [];
      while (order.length < 6) order.push(...claim(stride));
      expect(order).toEqual([1, 3, 4, 2, 5, 6]);
    }
  });
});
