/** The order of claims, from rows to grants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClaimWorld, needs, type Over } from '../../test/support/claim-world.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { type QueueFixture, RUNNER } from '../../test/support/queue-fixture.ts';

describe('first in, first out', () => {
  test('[Q109] over all users by priority and then age; nothing when there is nothing', async () => {
    const world = await ClaimWorld.open({ order: 'fifo' });
    expect(world.claim(1)).toEqual([]);
    world.enqueue('ann', 2);
    world.enqueue('bob');
    world.enqueue('ann');
    world.enqueue('cat', 2, { priority: 10 });
    expect(world.claim(9)).toEqual([5, 6, 1, 2, 3, 4]);
  });

  test('[Q112] models that are loaded change nothing', async () => {
    const world = await ClaimWorld.open({ order: 'fifo' });
    world.enqueue('ann');
    world.enqueue('ann', 1, needs(['m']));
    expect(world.claim(2, ['m'])).toEqual([1, 2]);
  });
});

describe('fair', () => {
  test('[Q110] users take turns: A1 A2 B1 C1 C2 A3 run as A1 B1 C1 A2 C2 A3', async () => {
    for (const stride of [1, 2, 6]) {
      const world = await ClaimWorld.open();
      for (const user_id of ['A', 'A', 'B', 'C', 'C', 'A']) world.enqueue(user_id);
      const order: number[] = [];
      while (order.length < 6) order.push(...world.claim(stride));
      expect(order).toEqual([1, 3, 4, 2, 5, 6]);
    }
  });

  test('[Q110] who joins late is next, and has no more turns than the others from then on', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('A', 100);
    expect(world.claim(50)).toHaveLength(50);
    world.enqueue('B', 3);
    expect(world.claim(6)).toEqual([101, 51, 102, 52, 103, 53]);
  });

  test('what was received before a pause is not held against anybody, and waiting earns nothing', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('A', 20);
    world.enqueue('B', 1);
    world.claim(15);
    world.enqueue('B', 3);
    expect([world.service('A'), world.service('B')]).toEqual([14, 13]);
    expect(world.claim(6)).toEqual([22, 15, 23, 16, 24, 17]);
  });

  test('work that may not start yet earns nothing either', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('A', 20);
    world.enqueue('B', 1, { start_after: world.fixture.now + 60_000 });
    world.claim(10);
    world.enqueue('B', 3);
    expect(world.claim(4)).toEqual([22, 11, 23, 12]);
  });

  test('who comes to a lane starts where that lane is, not where a higher one is', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('A', 20, { lane: 1 });
    world.enqueue('B', 3);
    expect(world.claim(20)).toHaveLength(20);
    world.enqueue('C', 3);
    expect(world.claim(6)).toEqual([21, 24, 22, 25, 23, 26]);
  });

  test('a lease costs what items of its batch took, and in the end what it took', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('A', 4);
    const [first] = world.grants(1);
    if (!first) throw new Error('no grant');
    expect(world.service('A')).toBe(1);
    const { started, result, complete } = entries(first);
    world.runner.post(started, { ...result, seconds: 8 }, complete);
    expect(world.service('A')).toBe(8);
    const [second] = world.grants(1);
    expect(world.service('A')).toBe(16);
    world.runner.heartbeat([]);
    expect(world.service('A')).toBe(8);
    if (!second) throw new Error('no grant');
    // Users with dear items have fewer turns.
    world.enqueue('B', 30);
    const turns = world.grants(11).map((grant) => grant.user_id);
    expect(turns.filter((user_id) => user_id === 'A')).toHaveLength(2);
  });

  test('turns do not depend on what is kept of the past, nor on how often an item started', async () => {
    const turns = async (disturb: (world: ClaimWorld, grants: ReturnType<ClaimWorld['grants']>) => void) => {
      const world = await ClaimWorld.open();
      world.enqueue('A', 6);
      world.enqueue('B', 6);
      const grants = world.grants(4);
      disturb(world, grants);
      for (const grant of grants) {
        const { started, result, complete } = entries(grant);
        world.runner.post(started, { ...result, seconds: 1 }, complete);
      }
      world.fixture.command('prune', null);
      return world.claim(8);
    };
    const undisturbed = await turns(() => {});
    expect(undisturbed).toEqual([3, 9, 4, 10, 5, 11, 6, 12]);
    const resumed = await turns((world, grants) => {
      const [first] = grants;
      if (!first) throw new Error('no grant');
      // The first starts, is given back, and is granted again.
      world.runner.post(entries(first).started, entries(first).stopped);
      grants.splice(0, 1, ...world.grants(1));
    });
    expect(resumed).toEqual(undisturbed);
  });

  test('a claim that comes with the callbacks before it sees what they changed', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('A', 3);
    world.enqueue('B', 3);
    const [first] = world.grants(1);
    if (!first) throw new Error('no grant');
    const { started, result, complete } = entries(first);
    const claim = { claim: ++world.runner.claims, max_items: 1, batches: [], models: [] };
    const body = { ...world.runner.identity, entries: [started, { ...result, seconds: 0 }, complete], claim };
    // A has received nothing after all, and has the older item.
    expect(world.fixture.command('callbacks', body, RUNNER).claim?.grants.map((grant) => grant.item_id)).toEqual([2]);
  });
});

describe('affinity', () => {
  test('[Q112] in the default order: warm before cold, more before fewer, none for an unknown device', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('ann', 3);
    world.enqueue('ann', 1, needs(['m']));
    world.enqueue('ann', 1, needs(['m', 'n']));
    world.enqueue('bob');
    expect(world.claim(5, ['m', 'n', 'other'])).toEqual([5, 6, 4, 1, 2]);
    expect(world.claim(1)).toEqual([3]);
  });

  test('[Q112] an item more than 32 places away is not taken', async () => {
    for (const [between, expected] of [
      [31, 33],
      [32, 1],
    ] as const) {
      const world = await ClaimWorld.open();
      world.enqueue('ann');
      world.enqueue('bob', between);
      world.enqueue('ann', 1, needs(['m']));
      expect(world.claim(1, ['m'])).toEqual([expected]);
    }
  });
});

describe('what counts', () => {
  const kinds = fc.record({
    user: fc.constantFrom('ann', 'bob', 'cat'),
    count: fc.integer({ min: 1, max: 5 }),
    lane: fc.constantFrom(0, 0, 0, 2, 9),
    priority: fc.constantFrom(0, 0, 1, -1),
    models: fc.constantFrom([], ['m'], ['m', 'n']),
    able: fc.constantFrom(true, true, true, false),
    start_in: fc.constantFrom(null, null, null, 60_000),
  });
  type Kind = typeof kinds extends fc.Arbitrary<infer T> ? T : never;

  const overOf = (fixture: QueueFixture, { lane, priority, models, able, start_in }: Kind): Over => ({
    ...needs(models, able ? 'integer' : 'other'),
    lane,
    priority,
    start_after: start_in === null ? null : fixture.now + start_in,
  });

  interface Modelled extends Kind {
    item_id: number;
  }

  /** The order of D7 in words: no backlogs, no indexes, every item looked at for each choice. */
  function choices(items: readonly Modelled[], order: 'fair' | 'fifo', models: readonly string[]): number[] {
    const left = items.filter(({ able, start_in }) => able && start_in === null);
    const services = new Map<string, number>();
    const best = (among: Modelled[]) => among.toSorted((a, b) => b.priority - a.priority || a.item_id - b.item_id)[0];
    const chosen: number[] = [];
    while (left.length > 0) {
      const lane = Math.max(...left.map((item) => item.lane));
      const inLane = left.filter((item) => item.lane === lane);
      const heads = ['ann', 'bob', 'cat'].flatMap((user) => best(inLane.filter((item) => item.user === user)) ?? []);
      const [turn] = heads.toSorted(
        (a, b) => (services.get(a.user) ?? 0) - (services.get(b.user) ?? 0) || a.item_id - b.item_id,
      );
      const first = order === 'fifo' ? best(inLane) : turn;
      if (!first) throw new Error('nobody has a turn');
      const resident = (item: Modelled) => item.models.filter((model) => models.includes(model)).length;
      const near = inLane.filter(
        (item) =>
          order === 'fair' &&
          item.user === first.user &&
          item.priority === first.priority &&
          item.item_id <= first.item_id + 32,
      );
      const [taken] = [first, ...near].toSorted((a, b) =>
        order === 'fair' ? resident(b) - resident(a) || a.item_id - b.item_id : 0,
      );
      if (!taken) throw new Error('nothing to take');
      services.set(taken.user, (services.get(taken.user) ?? 0) + 1);
      left.splice(left.indexOf(taken), 1);
      chosen.push(taken.item_id);
    }
    return chosen;
  }

  test('[Q109] [Q110] [Q112] claims of any sizes take what the order in words takes, and next tells it before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { maxLength: 15 }),
        fc.constantFrom('fair' as const, 'fair' as const, 'fifo' as const),
        fc.constantFrom([], ['m'], ['m', 'n']),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
        async (batches, order, models, strides) => {
          const world = await ClaimWorld.open({ order });
          const items: Modelled[] = [];
          for (const batch of batches) {
            const { first_item_id } = world.enqueue(batch.user, batch.count, overOf(world.fixture, batch));
            for (let index = 0; index < batch.count; index++) items.push({ ...batch, item_id: first_item_id + index });
          }
          const expected = choices(items, order, models);
          const taken: number[] = [];
          for (const stride of [...strides, 500]) taken.push(...world.claim(stride, models));
          expect(taken).toEqual(expected);
          // What was taken comes back, and goes in the same order one by one.
          world.runner.heartbeat([]);
          if (models.length > 0 || items.some((item) => !item.able)) return;
          for (const item_id of expected) {
            expect(world.next()).toBe(item_id);
            expect(world.claim(1)).toEqual([item_id]);
          }
          expect(world.next()).toBe(null);
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  test('next is nothing while the queue is paused, and somebody else’s is redacted', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('ann');
    expect(world.fixture.read('next', null, { ...RUNNER, user_id: 'bob', scopes: ['read'] })).toMatchObject({
      summary: { item_id: 1, user_id: 'redacted' },
      session: null,
    });
    world.fixture.command('pause', null);
    expect(world.next()).toBe(null);
    world.fixture.command('resume', null);
    expect(world.next()).toBe(1);
  });

  test('what may not start yet, or whose deadline has passed, is not claimed', async () => {
    const world = await ClaimWorld.open();
    world.enqueue('ann', 1, { start_after: world.fixture.now + 1_000 });
    world.enqueue('ann', 1, { deadline: world.fixture.now + 1_000 });
    expect(world.claim(5)).toEqual([2]);
    world.runner.heartbeat([]);
    world.fixture.ring(world.fixture.now + 1_000);
    expect(world.claim(5)).toEqual([1]);
  });
});

describe('prepend', () => {
  test('goes before all that is pending in its lane: moved, leased, or not to start yet', async () => {
    const world = await ClaimWorld.open({ order: 'fifo' });
    world.enqueue('ann', 2, { priority: 4 });
    world.enqueue('bob', 1, { priority: 6, start_after: world.fixture.now + 1_000 });
    world.enqueue('cat', 1, { priority: 99, lane: 1 });
    const prepend = (over: Over = {}) => world.enqueue('ann', 1, { prepend: true, ...over }).priority;
    expect(prepend()).toBe(7);
    expect(world.claim(2)).toEqual([4, 5]);
    expect(prepend()).toBe(8);
    expect(prepend({ lane: 1 })).toBe(100);
    world.fixture.command('set_priority', { item_id: 1, priority: 20 });
    expect(prepend()).toBe(21);
    expect(world.claim(9)).toEqual([7, 8, 1, 6, 2]);
  });
});
