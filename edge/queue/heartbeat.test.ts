import { describe, expect, test } from 'vitest';
import { CLAIM_ITEMS_MAX, HELD_LEASES_MAX } from '../../contract/limits.ts';
import { HeartbeatBody } from '../../contract/runner/heartbeat.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

async function withTwoClaims() {
  const fixture = await QueueFixture.open();
  fixture.enqueue();
  const runner = new ProtocolRunner(fixture).register();
  const [first] = runner.claim(1);
  const [second] = runner.claim(1);
  if (!first || !second) throw new Error('there was work');
  return { fixture, runner, first, second };
}

describe('heartbeats that are late', () => {
  test('[R7] one that was overtaken by two claims gives nothing up', async () => {
    const { runner, first, second } = await withTwoClaims();
    runner.start(second);
    const [third] = runner.claim(1);
    expect(runner.heartbeat([first], { claim: 1 })).toMatchObject({ gone: [], claimable: false });
    expect(runner.run(second)).toEqual(['repeated', 'recorded', 'recorded', 'recorded']);
    expect(third && runner.run(third)).toEqual(['recorded', 'recorded', 'recorded', 'recorded']);
  });

  test('[R7] a runner that is drained gives up the claim whose answer it never got', async () => {
    const { fixture, runner, first } = await withTwoClaims();
    runner.run(first);
    runner.heartbeat([], { claim: 1, draining: true });
    expect(new ProtocolRunner(fixture, 'other').register().claim(9)).toMatchObject([{ item_id: 2 }, { item_id: 3 }]);
  });

  test('a runner that was lost is not brought back by its socket', async () => {
    const { fixture, runner } = await withTwoClaims();
    fixture.now += 15_000;
    fixture.take(fixture.queue.runnerConnected(fixture.at, 1));
    expect(fixture.statuses()).toEqual(['pending', 'pending', 'pending']);
    expect(() => runner.claim(1)).toThrow(/register again/);
  });
});

describe('heartbeats that name very much', () => {
  test('[R21] a runner is never granted more than a heartbeat of it can name', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', HELD_LEASES_MAX + 10));
    const runner = new ProtocolRunner(fixture).register();
    const held = [];
    for (let claim = 0; claim < HELD_LEASES_MAX; claim += CLAIM_ITEMS_MAX) held.push(...runner.claim(CLAIM_ITEMS_MAX));
    expect(held).toHaveLength(HELD_LEASES_MAX);
    expect(runner.claim(1)).toEqual([]);
    expect(runner.heartbeat(held)).toEqual({ canceled: [], gone: [], claimable: false });
    expect(HeartbeatBody.shape.held.safeParse(held.map(({ item_id, fence }) => ({ item_id, fence }))).success).toBe(
      true,
    );
    const [done, ...others] = held;
    if (done) runner.run(done);
    expect(runner.heartbeat(others)).toMatchObject({ gone: [], claimable: true });
    expect(runner.claim(9)).toMatchObject([{ item_id: HELD_LEASES_MAX + 1 }]);
  });

  test('[R7] of thousands that are held, those that it does not name are free, and no other', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', HELD_LEASES_MAX));
    const runner = new ProtocolRunner(fixture).register();
    const held = runner.claim(HELD_LEASES_MAX);
    fixture.command('cancel_item', 7);
    expect(runner.heartbeat(held.filter(({ item_id }) => item_id % 1_000 !== 0))).toMatchObject({
      canceled: [7],
      gone: [],
    });
    const other = new ProtocolRunner(fixture, 'other').register();
    expect(other.claim(9).map(({ item_id }) => item_id)).toEqual([1_000, 2_000]);
    expect(runner.heartbeat(held)).toMatchObject({ gone: [1_000, 2_000] });
  });

  test('an item that was removed is gone', async () => {
    const { fixture, runner, first } = await withTwoClaims();
    fixture.command('cancel_item', first.item_id);
    fixture.queue.sql.all('UPDATE items SET deleted = 1 WHERE item_id = ?', first.item_id);
    expect(runner.heartbeat([first])).toMatchObject({ gone: [first.item_id], canceled: [] });
    expect(runner.run(first)).toEqual(['gone', 'gone', 'gone', 'gone']);
  });
});
