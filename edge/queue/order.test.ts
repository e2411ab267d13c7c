import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AFFINITY_REACH, compareStandings, type Head, type Party, take, turnsBefore } from './order.ts';

interface Listed extends Head {
  user: number;
  backlog: number;
}

/** Items as they were enqueued: `place` is `item_id` unless it was moved. */
const item = (over: Partial<Listed> & { item_id: number }): Listed => ({
  priority: 0,
  place: over.item_id,
  resident: 0,
  cost: 1,
  user: 0,
  backlog: 0,
  ...over,
});

/** Takes from lists: what the reader does with rows. */
class World {
  readonly left: Listed[];
  readonly services: Map<number, number>;

  constructor(items: readonly Listed[], services: ReadonlyMap<number, number> = new Map()) {
    this.left = items.toSorted(compareStandings);
    this.services = new Map(services);
  }

  #first(user: number, backlog: number): Listed | null {
    return this.left.find((each) => each.user === user && each.backlog === backlog) ?? null;
  }

  take(count: number): number[] {
    const users = [...new Set(this.left.map((each) => each.user))];
    const parties = users.map((user): Party<Listed> => {
      const backlogs = new Set(this.left.filter((each) => each.user === user).map((each) => each.backlog));
      return {
        service: this.services.get(user) ?? 0,
        heads: [...backlogs].flatMap((backlog) => this.#first(user, backlog) ?? []),
      };
    });
    const taken = take(parties, count, (head) => {
      this.left.splice(this.left.indexOf(head), 1);
      return this.#first(head.user, head.backlog);
    });
    for (const { head, service } of taken) {
      this.services.set(head.user, service + head.cost);
      const at = this.left.indexOf(head);
      if (at !== -1) this.left.splice(at, 1);
    }
    return taken.map(({ head }) => head.item_id);
  }
}

const worlds = fc
  .array(
    fc.record({
      user: fc.nat(3),
      backlog: fc.nat(2),
      priority: fc.nat(2),
      resident: fc.nat(2),
      cost: fc.constantFrom(0.5, 1, 4),
      moved: fc.option(fc.nat(60), { nil: undefined, freq: 5 }),
    }),
    { maxLength: 60 },
  )
  .map((rows) => {
    // What a backlog needs is the same for all of its items.
    const residents = new Map(rows.map(({ user, backlog, resident }) => [`${user} ${backlog}`, resident]));
    return rows.map(({ moved, ...row }, index) =>
      item({
        ...row,
        item_id: index + 1,
        place: moved === undefined ? index + 1 : moved + 0.5,
        resident: residents.get(`${row.user} ${row.backlog}`) ?? 0,
      }),
    );
  });

describe('whose turn it is', () => {
  test('[Q110] taking k items is taking one item k times, until there are none', () => {
    fc.assert(
      fc.property(worlds, fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 }), (items, strides) => {
        const [atOnce, oneByOne, byStrides] = [new World(items), new World(items), new World(items)];
        const all = atOnce.take(items.length + 1);
        expect(all.toSorted((a, b) => a - b)).toEqual(items.map((each) => each.item_id));
        expect(items.flatMap(() => oneByOne.take(1))).toEqual(all);
        expect([...strides, items.length].flatMap((count) => byStrides.take(count))).toEqual(all);
      }),
    );
  });

  test('[Q110] whoever waits is never behind another by more than the dearest item', () => {
    fc.assert(
      fc.property(worlds, fc.nat(60), (items, count) => {
        const world = new World(items);
        world.take(count);
        const waiting = new Set(world.left.map((each) => each.user));
        const received = [0, 1, 2, 3].map((user) => world.services.get(user) ?? 0);
        for (const user of waiting)
          expect(Math.max(...received) - (received[user] ?? 0)).toBeLessThanOrEqual(
            Math.max(...items.map((each) => each.cost)),
          );
      }),
    );
  });

  test('[Q110] who joins late takes turns from then on; one user alone is first in, first out', () => {
    const early = [1, 2, 3, 4].map((item_id) => item({ item_id, user: 0 }));
    expect(new World(early).take(4)).toEqual([1, 2, 3, 4]);
    const late = [5, 6].map((item_id) => item({ item_id, user: 1, backlog: 1 }));
    expect(
      new World(
        [...early.slice(2), ...late],
        new Map([
          [0, 2],
          [1, 1],
        ]),
      ).take(4),
    ).toEqual([5, 3, 6, 4]);
  });

  test('[Q110] priority decides between the items of one user, and no turn', () => {
    const items = [
      item({ item_id: 1, user: 0 }),
      item({ item_id: 2, user: 1, backlog: 1 }),
      item({ item_id: 3, user: 1, backlog: 1, priority: 9 }),
    ];
    expect(new World(items).take(3)).toEqual([1, 3, 2]);
  });

  test('how many turns come before a service, and whether places decide about one more', () => {
    expect(turnsBefore(3, 0, 1)).toEqual({ before: 3, ties: true });
    expect(turnsBefore(3.5, 0, 1)).toEqual({ before: 4, ties: false });
    expect(turnsBefore(3, 4, 1)).toEqual({ before: 0, ties: false });
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 50 }), (service, start, cost) => {
        const tags = Array.from({ length: 1100 }, (_, turn) => (start + turn * cost) / 1024);
        const { before, ties } = turnsBefore(service / 1024, start / 1024, cost / 1024);
        expect(before).toBe(tags.filter((tag) => tag < service / 1024).length);
        expect(ties).toBe(tags.includes(service / 1024));
      }),
    );
  });
});

describe('affinity', () => {
  const two = (warm: Partial<Listed>) => [item({ item_id: 1 }), item({ item_id: 2, backlog: 1, resident: 1, ...warm })];

  test('[Q112] warm before cold; more models before fewer; equal ones by place', () => {
    expect(new World(two({})).take(1)).toEqual([2]);
    expect(new World([...two({}), item({ item_id: 3, backlog: 2, resident: 2 })]).take(3)).toEqual([3, 2, 1]);
    expect(new World([...two({}), item({ item_id: 3, backlog: 2, resident: 1 })]).take(3)).toEqual([2, 3, 1]);
  });

  test('[Q112] never over priority, never over another user’s turn', () => {
    expect(
      new World([item({ item_id: 1, priority: 1 }), item({ item_id: 2, backlog: 1, resident: 1 })]).take(1),
    ).toEqual([1]);
    expect(new World(two({ user: 1 })).take(1)).toEqual([1]);
  });

  test('[Q112] never out of reach, so that nothing waits for ever', () => {
    const cold = item({ item_id: 1 });
    const warm = Array.from({ length: 100 }, (_, index) => item({ item_id: index + 2, backlog: 1, resident: 1 }));
    const taken = new World([cold, ...warm]).take(101);
    expect(taken.indexOf(1)).toBe(AFFINITY_REACH);
    expect(taken.slice(0, AFFINITY_REACH)).toEqual(warm.slice(0, AFFINITY_REACH).map((each) => each.item_id));
  });

  test('[Q112] each choice is warm within reach of the first, or the first', () => {
    fc.assert(
      fc.property(worlds, (items) => {
        const world = new World(items);
        while (world.left.length > 0) {
          const before = [...world.left];
          const services = new Map(world.services);
          const [taken] = world.take(1);
          const chosen = before.find((each) => each.item_id === taken);
          if (!chosen) throw new Error('nothing was taken');
          const own = before.filter((each) => each.user === chosen.user);
          const [first] = own;
          if (!first) throw new Error('not theirs');
          expect(chosen.priority).toBe(first.priority);
          expect(chosen.place).toBeLessThanOrEqual(first.place + AFFINITY_REACH);
          for (const other of own.filter(
            (each) => each.priority === first.priority && each.place <= first.place + AFFINITY_REACH,
          ))
            expect(
              [chosen.resident, -chosen.place] >= [other.resident, -other.place] ||
                chosen.resident > other.resident ||
                chosen.place <= other.place,
            ).toBe(true);
          const least = Math.min(...before.map((each) => services.get(each.user) ?? 0));
          expect(services.get(chosen.user) ?? 0).toBe(least);
        }
      }),
    );
  });
});
