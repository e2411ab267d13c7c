import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { type Holder, shares } from './shares.ts';
import { WAITED_MS } from './takeover.ts';

const holders = fc
  .array(fc.record({ devices: fc.integer({ min: 1, max: 4 }), held: fc.nat(20), spared: fc.nat(20) }), { maxLength: 5 })
  .map((all) =>
    all.map(
      ({ spared, ...holder }, runner_no): Holder => ({
        ...holder,
        runner_no,
        takeable: Math.max(0, holder.held - spared),
      }),
    ),
  );

describe('shares', () => {
  test('[R17] nobody is left with less than one for each device, nor with less than who takes then has', () => {
    fc.assert(
      fc.property(holders, fc.nat(3), fc.nat(30), (all, held, wanted) => {
        const taken = shares(all, held, wanted);
        const total = [...taken.values()].reduce((sum, count) => sum + count, 0);
        expect(total).toBeLessThanOrEqual(wanted);
        for (const holder of all) {
          const count = taken.get(holder.runner_no) ?? 0;
          if (count === 0) continue;
          expect(count).toBeLessThanOrEqual(holder.takeable);
          expect(holder.held - count).toBeGreaterThanOrEqual(holder.devices);
          expect(holder.held - count).toBeGreaterThanOrEqual(held + total);
        }
      }),
    );
  });

  test('takes as much as is wanted, from whoever holds most', () => {
    const holder = (runner_no: number, held: number): Holder => ({ runner_no, devices: 1, held, takeable: held });
    expect([...shares([holder(1, 3), holder(2, 9)], 0, 2)]).toEqual([[2, 2]]);
    expect([...shares([holder(1, 10), holder(2, 10)], 0, 100)]).toEqual([
      [1, 3],
      [2, 3],
    ]);
  });
});

const ids = (grants: readonly Grant[]) => grants.map((grant) => grant.item_id);

/** A runner that runs the first of `held` items and has not started the others. */
async function heldUp(held: number, devices = 1) {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', held));
  const holder = new ProtocolRunner(fixture, 'holder').register(undefined, devices).connect();
  const grants = holder.claim(held);
  for (const grant of grants.slice(0, 1)) holder.start(grant);
  /** Two seconds go by, and the holder has said that it still holds what it holds. */
  const wait = () => {
    fixture.now += WAITED_MS;
    holder.heartbeat(grants);
  };
  return { fixture, holder, grants, wait, idle: new ProtocolRunner(fixture, 'idle').register().connect() };
}

describe('a claim that finds nothing claimable', () => {
  test('takes leases that have waited, leaves their holder its share, and the holder is told', async () => {
    const { fixture, holder, grants, wait, idle } = await heldUp(6);
    expect(idle.claim(9)).toEqual([]);
    expect(idle.heartbeat([])).toMatchObject({ claimable: false });
    wait();
    expect(idle.heartbeat([])).toMatchObject({ claimable: true });
    fixture.orders.length = 0;
    const taken = idle.claim(9);
    expect(ids(taken).toSorted()).toEqual([4, 5, 6]);
    expect(taken.every((grant) => grant.fence === 2)).toBe(true);
    expect(fixture.orders).toEqual([
      { order: 'recall', runner_no: 1, leases: [6, 5, 4].map((item_id) => ({ item_id, fence: 1 })) },
    ]);
    expect(grants.slice(3).flatMap((grant) => holder.start(grant))).toEqual(['stale', 'stale', 'stale']);
    expect(grants.slice(1, 3).flatMap((grant) => holder.start(grant))).toEqual(['recorded', 'recorded']);
    expect(taken.flatMap((grant) => idle.start(grant))).toEqual(['recorded', 'recorded', 'recorded']);
  });

  test('takes no more than it asked for, and the repeated claim gets the same', async () => {
    const { wait, idle } = await heldUp(9);
    wait();
    const taken = idle.claim(2);
    expect(ids(taken)).toHaveLength(2);
    expect(idle.claim(2, 1)).toEqual(taken);
  });

  test('takes nothing from a runner that would then idle, and nothing that it cannot run', async () => {
    for (const [held, devices] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const { wait, idle } = await heldUp(held, devices);
      wait();
      expect(idle.claim(9)).toEqual([]);
    }
    const { fixture, wait } = await heldUp(6);
    wait();
    const other = new ProtocolRunner(fixture, 'other').register({ string: '1.0.0' });
    expect(other.claim(9)).toEqual([]);
    expect(other.heartbeat([])).toMatchObject({ claimable: false });
  });

  test('takes nothing while it works itself, drains, or the queue is paused', async () => {
    const { fixture, wait, idle } = await heldUp(6);
    fixture.enqueue(plainBatch('own', 1));
    const own = idle.claim(1);
    wait();
    expect(idle.claim(9)).toEqual([]);
    expect(idle.heartbeat(own)).toMatchObject({ claimable: false });
    const draining = new ProtocolRunner(fixture, 'draining').register();
    draining.heartbeat(own, { draining: true });
    expect(draining.claim(9)).toEqual([]);
    fixture.command('pause', null);
    expect(new ProtocolRunner(fixture, 'late').register().claim(9)).toEqual([]);
  });

  test('takes nothing from a runner that was not heard of since: it may have run them', async () => {
    const { fixture, holder, grants, idle } = await heldUp(6);
    fixture.restart();
    fixture.now += 60_000;
    expect(idle.heartbeat([])).toMatchObject({ claimable: false });
    expect(idle.claim(9)).toEqual([]);
    expect(grants.slice(1).flatMap((grant) => holder.run(grant))).not.toContain('stale');
  });

  test('the same items are charged as before, to the same user', async () => {
    const { fixture, wait, idle } = await heldUp(6);
    const service = () => fixture.queue.sql.all('SELECT user_id, service FROM users');
    const before = service();
    wait();
    idle.claim(9);
    expect(service()).toEqual(before);
  });
});

test('[R17] runners that start nothing do not pass items to and fro for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.record({ runner: fc.nat(3), wanted: fc.integer({ min: 1, max: 30 }) }), {
        minLength: 60,
        maxLength: 60,
      }),
      async (count, claims) => {
        const fixture = await QueueFixture.open({ runner_timeout_seconds: 3_600 });
        fixture.enqueue(plainBatch('b', count));
        const runners = [0, 1, 2, 3].map((no) => new ProtocolRunner(fixture, `r${no}`).register());
        let moved = 0;
        const wait = () => {
          fixture.now += WAITED_MS;
          for (const each of runners) each.connect();
        };
        for (const { runner, wanted } of claims) {
          wait();
          moved += runners[runner]?.claim(wanted).length ?? 0;
        }
        // Each item is granted once to begin with; each time it changes hands the runners hold more equal numbers.
        expect(moved).toBeLessThanOrEqual(count * 3);
        for (const each of runners) {
          wait();
          const before = each.claim(30).length;
          if (before > 0) expect(each.claim(30)).toEqual([]);
        }
      },
    ),
    { numRuns: 25 },
  );
});
