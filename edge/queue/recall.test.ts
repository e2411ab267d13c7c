import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { goesBefore, type Rank, recalls, type UnstartedLease, type Work } from './recall.ts';

const rank = {
  lane: fc.integer({ min: 0, max: 2 }),
  user_id: fc.constantFrom('ann', 'bob'),
  priority: fc.integer({ min: -2, max: 2 }),
};
const works = fc.array(fc.record<Work>({ ...rank, backlog_no: fc.integer({ min: 1, max: 3 }) }), { maxLength: 8 });
const leases = fc
  .array(fc.record<Omit<UnstartedLease, 'item_id'>>({ ...rank, runner_no: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 8,
  })
  .map((all) => all.map((lease, item_id): UnstartedLease => ({ ...lease, item_id })));
const orders = fc.constantFrom('fair', 'fifo' as const);
/** Runner r can run backlog b. */
const canRun = (runner_no: number, backlog_no: number) => runner_no >= backlog_no;

describe('recall for better work', () => {
  test('[R16] never recalls more than there is better work, and each lease for work of its own that goes before it', () => {
    fc.assert(
      fc.property(works, leases, orders, (work, held, order) => {
        const recalled = recalls(work, held, order, canRun);
        expect(new Set(recalled.map((lease) => lease.item_id)).size).toBe(recalled.length);
        expect(recalled.length).toBeLessThanOrEqual(work.length);
        expect(canPair(recalled, work, order)).toBe(true);
      }),
    );
  });

  test('leaves no lease that the best work goes before while a better one was recalled for it', () => {
    fc.assert(
      fc.property(works, leases, orders, (work, held, order) => {
        const recalled = recalls(work, held, order, () => true);
        const kept = held.filter((lease) => !recalled.includes(lease));
        for (const lease of kept) for (const each of recalled) expect(goesBefore(each, lease, order)).toBe(false);
      }),
    );
  });

  test('goes by lane, then by priority: of the same user in a fair queue, of anybody where it is first in, first out', () => {
    const of = (user_id: string, lane: number, priority: number): Rank => ({ user_id, lane, priority });
    expect(goesBefore(of('ann', 1, 0), of('bob', 0, 9), 'fair')).toBe(true);
    expect(goesBefore(of('ann', 0, 9), of('ann', 1, 0), 'fifo')).toBe(false);
    expect(goesBefore(of('ann', 0, 1), of('ann', 0, 0), 'fair')).toBe(true);
    expect(goesBefore(of('ann', 0, 1), of('bob', 0, 0), 'fair')).toBe(false);
    expect(goesBefore(of('ann', 0, 1), of('bob', 0, 0), 'fifo')).toBe(true);
    expect(goesBefore(of('ann', 0, 1), of('ann', 0, 1), 'fifo')).toBe(false);
  });
});

/** Whether each lease can be given an item of its own that goes before it and that its holder can run. */
function canPair(recalled: readonly UnstartedLease[], work: readonly Work[], order: 'fair' | 'fifo'): boolean {
  const [lease, ...others] = recalled;
  if (!lease) return true;
  return work.some(
    (item, index) =>
      goesBefore(item, lease, order) &&
      canRun(lease.runner_no, item.backlog_no) &&
      canPair(others, work.toSpliced(index, 1), order),
  );
}

/** A runner that runs item 1 and holds the others of ann's batch, `held` of them in all. */
async function busy(held = 3) {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', held, { user_id: 'ann' }));
  const runner = new ProtocolRunner(fixture).register().connect();
  const [first] = runner.claim(held);
  if (!first) throw new Error('there was work');
  runner.start(first);
  fixture.orders.length = 0;
  return { fixture, runner };
}

const wake = (runner_no: number) => ({ order: 'wake', runner_no });
const recall = (...item_ids: number[]) => ({
  order: 'recall',
  runner_no: 1,
  leases: item_ids.map((item_id) => ({ item_id, fence: 1 })),
});

describe('better work that nobody idle takes', () => {
  test('[R16] takes the place of the last lease that has not started, and its holder claims it', async () => {
    const { fixture, runner } = await busy();
    fixture.enqueue(plainBatch('first', 1, { user_id: 'ann', prepend: true }));
    expect(fixture.orders).toEqual([recall(3), wake(1)]);
    expect(runner.claim(1)).toMatchObject([{ batch_id: 'first' }]);
    expect(runner.claim(1)).toMatchObject([{ item_id: 3, fence: 2 }]);
  });

  test('[R16] that is not better recalls nothing: another user’s, or of the same priority', async () => {
    const { fixture } = await busy();
    fixture.enqueue(plainBatch('other', 2, { user_id: 'bob', priority: 9 }));
    fixture.enqueue(plainBatch('same', 2, { user_id: 'ann' }));
    expect(fixture.orders).toEqual([]);
  });

  test('of a higher lane goes before anybody’s; as many leases end as there is work, and none that has started', async () => {
    const { fixture } = await busy(4);
    fixture.enqueue(plainBatch('lane', 2, { user_id: 'bob', lane: 1 }));
    expect(fixture.orders).toEqual([recall(4, 3), wake(1)]);
    fixture.orders.length = 0;
    fixture.enqueue(plainBatch('more', 9, { user_id: 'bob', lane: 1 }));
    expect(fixture.orders).toEqual([recall(2), wake(1)]);
  });

  test('goes to whoever is idle, and recalls nothing for that', async () => {
    const { fixture } = await busy();
    new ProtocolRunner(fixture, 'idle').register().connect().claim(1);
    fixture.enqueue(plainBatch('first', 1, { user_id: 'ann', prepend: true }));
    expect(fixture.orders).toEqual([wake(2)]);
    fixture.enqueue(plainBatch('second', 1, { user_id: 'ann', prepend: true }));
    expect(fixture.orders).toEqual([wake(2), recall(3), wake(1)]);
  });

  test('that the holder cannot run, or cannot be told of, recalls nothing', async () => {
    const { fixture, runner } = await busy();
    const requirement = JSON.stringify({ engine: 1, types: [['string', '1.0.0']], models: [] });
    fixture.enqueue(plainBatch('strings', 1, { user_id: 'ann', prepend: true, requirement }));
    runner.disconnect();
    fixture.enqueue(plainBatch('first', 1, { user_id: 'ann', prepend: true }));
    expect(fixture.orders).toEqual([]);
  });

  test('[R15] what was recalled and is started all the same is stale; its user is not charged for it', async () => {
    const { fixture, runner } = await busy(1);
    fixture.enqueue(plainBatch('low', 1, { user_id: 'ann', priority: -1 }));
    const [low] = runner.claim(1);
    fixture.enqueue(plainBatch('high', 1, { user_id: 'ann' }));
    expect(low && runner.start(low)).toEqual(['stale']);
    expect(fixture.queue.sql.all('SELECT item_id FROM items WHERE charge IS NOT NULL AND runner_no IS NULL')).toEqual(
      [],
    );
  });
});

describe('wakes', () => {
  test('go to runners that hold nothing first, and never to one that drains or has no socket', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    const busyOne = new ProtocolRunner(fixture, 'busy').register().connect();
    busyOne.claim(9);
    new ProtocolRunner(fixture, 'idle').register().connect().claim(1);
    const draining = new ProtocolRunner(fixture, 'draining').register().connect();
    draining.claim(1);
    draining.heartbeat([], { draining: true });
    const polling = new ProtocolRunner(fixture, 'polling').register();
    polling.claim(1);
    fixture.enqueue(plainBatch('c', 1));
    expect(fixture.orders).toEqual([wake(2)]);
    expect(polling.heartbeat([])).toMatchObject({ claimable: true });
    fixture.enqueue(plainBatch('d', 1));
    expect(fixture.orders).toEqual([wake(2), wake(1)]);
  });

  test('leave what many can run to those who can run nothing else', async () => {
    const fixture = await QueueFixture.open();
    fixture.command('pause', null);
    const strings = JSON.stringify({ engine: 1, types: [['string', '1.0.0']], models: [] });
    fixture.enqueue(plainBatch('integers', 1));
    fixture.enqueue(plainBatch('strings', 1, { requirement: strings }));
    const broad = new ProtocolRunner(fixture, 'broad').register({ integer: '1.0.0', string: '1.0.0' }).connect();
    const narrow = new ProtocolRunner(fixture, 'narrow').register().connect();
    for (const runner of [broad, narrow]) runner.claim(1);
    fixture.command('resume', null);
    expect(fixture.orders).toEqual([wake(2), wake(1)]);
  });

  test('a runner whose socket closed, or that registered again, is not woken before it has a new one', async () => {
    const fixture = await QueueFixture.open();
    const runner = new ProtocolRunner(fixture).register().connect();
    runner.claim(1);
    runner.disconnect();
    fixture.enqueue(plainBatch('b', 1));
    runner.connect();
    runner.register();
    runner.claim(0);
    fixture.enqueue(plainBatch('c', 1));
    expect(fixture.orders).toEqual([]);
  });

  test('what a lost runner held wakes another', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    const lost = new ProtocolRunner(fixture, 'lost').register();
    for (const grant of lost.claim(1)) lost.start(grant);
    fixture.now += 10_000;
    new ProtocolRunner(fixture, 'idle').register().connect().claim(2);
    fixture.ring(fixture.now + 5_000);
    expect(fixture.orders).toEqual([wake(2)]);
  });
});
