import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const move = (fixture: QueueFixture, item_id: number, beside: { before: number } | { after: number }, as = ADMIN) =>
  fixture.command('move_item', { item_id, beside }, as);

/** What a runner gets, one item at a time. */
const drained = (fixture: QueueFixture): number[] => {
  const runner = new ProtocolRunner(fixture).register();
  return Array.from({ length: 500 }, () => runner.claim(1)).flatMap((grants) => grants.map((grant) => grant.item_id));
};

describe('move', () => {
  test('any moves leave the order that a list has after them', async () => {
    const moves = fc.array(fc.record({ item: fc.nat(11), neighbour: fc.nat(11), before: fc.boolean() }), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(moves, fc.constantFrom('fair', 'fifo'), async (steps, order) => {
        const fixture = await QueueFixture.open({ order });
        // Of two requirements, so that neighbours stand in different backlogs.
        fixture.enqueue(plainBatch('a', 6));
        fixture.enqueue(plainBatch('b', 6, { requirement: JSON.stringify({ engine: 1, types: [], models: ['m'] }) }));
        const list = Array.from({ length: 12 }, (_, index) => index + 1);
        for (const { item, neighbour, before } of steps) {
          if (item === neighbour) continue;
          const [item_id, other] = [item + 1, neighbour + 1];
          list.splice(list.indexOf(item_id), 1);
          list.splice(list.indexOf(other) + (before ? 0 : 1), 0, item_id);
          move(fixture, item_id, before ? { before: other } : { after: other });
        }
        expect(drained(fixture)).toEqual(list);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test('10,000 moves between the same two items keep the order', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 102));
    // Always right after the first: each goes between it and the one that was moved before.
    const list = Array.from({ length: 102 }, (_, index) => index + 1);
    let written = 0;
    const sql = fixture.queue.sql;
    const each = sql.each.bind(sql);
    sql.each = (query, rows, ...bindings) => {
      if (query.startsWith('UPDATE items SET place')) written += rows.length;
      return each(query, rows, ...bindings);
    };
    for (let step = 0; step < 10_000; step++) {
      const item_id = 2 + (step % 100);
      move(
        fixture,
        item_id,
        step % 3 === 0 ? { before: list[1] === item_id ? (list[2] ?? 0) : (list[1] ?? 0) } : { after: 1 },
      );
      list.splice(list.indexOf(item_id), 1);
      list.splice(1, 0, item_id);
    }
    expect(drained(fixture)).toEqual(list);
    // Places are written again now and then, a few at a time.
    expect(written).toBeLessThan(100_000);
  }, 60_000);

  test('the item takes the priority of its neighbour, and the neighbour keeps its own', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('low', 2));
    fixture.enqueue(plainBatch('high', 2, { priority: 7 }));
    expect(move(fixture, 1, { after: 3 })).toMatchObject({ item_id: 1, priority: 7 });
    expect(fixture.item(3).priority).toBe(7);
    expect(drained(fixture)).toEqual([3, 1, 4, 2]);
  });

  test('it passes nobody else’s items but those on its way', async () => {
    const fixture = await QueueFixture.open({ order: 'fifo' });
    fixture.enqueue(plainBatch('a1', 1, { user_id: 'ann' }));
    fixture.enqueue(plainBatch('b', 3, { user_id: 'bob' }));
    fixture.enqueue(plainBatch('a2', 2, { user_id: 'ann' }));
    move(fixture, 6, { before: 5 });
    expect(drained(fixture)).toEqual([1, 2, 3, 4, 6, 5]);
  });

  test('a priority among a user’s own items; the same one again is no change', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 3, { user_id: 'ann' }));
    const set = () => fixture.command('set_priority', { item_id: 3, priority: 4 }, person('ann'));
    expect(set()).toMatchObject({ item_id: 3, priority: 4, status: 'pending' });
    expect(fixture.log.at(-1)?.body.facts).toEqual([['moved', 3, 1, 4]]);
    const events = fixture.log.length;
    set();
    expect(fixture.log.length).toBe(events);
    expect(drained(fixture)).toEqual([3, 1, 2]);
  });

  test('what goes before a lease that has not started takes its place', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 3));
    const runner = new ProtocolRunner(fixture).register();
    fixture.take(fixture.queue.runnerConnected(fixture.at, 1));
    runner.claim(1);
    fixture.command('set_priority', { item_id: 3, priority: 1 });
    expect(fixture.orders).toContainEqual({ order: 'recall', runner_no: 1, leases: [{ item_id: 1, fence: 1 }] });
    expect(drained(fixture)).toEqual([3, 1, 2]);
  });

  test('what cannot be moved is told why, and nothing changes', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('a', 4, { user_id: 'ann' }));
    fixture.enqueue(plainBatch('b', 1, { user_id: 'bob' }));
    fixture.enqueue(plainBatch('c', 1, { user_id: 'ann', lane: 3 }));
    const runner = new ProtocolRunner(fixture).register();
    const granted = runner.claim(2).map((grant) => grant.item_id);
    expect(granted).toEqual([6, 5]);
    fixture.command('cancel_item', 4);
    const logged = fixture.log.length;
    const ann = person('ann');
    expect(() => move(fixture, 99, { before: 1 }, ann)).toThrow(/no item 99/);
    expect(() => move(fixture, 1, { before: 99 }, ann)).toThrow(/no item 99/);
    expect(() => move(fixture, 1, { before: 1 }, ann)).toThrow(/before itself/);
    expect(() => move(fixture, 5, { before: 1 }, ann)).toThrow(/somebody else/);
    expect(() => move(fixture, 6, { before: 1 }, ann)).toThrow(/granted to a runner/);
    expect(() => move(fixture, 4, { before: 1 }, ann)).toThrow(/is canceled/);
    expect(() => fixture.command('set_priority', { item_id: 4, priority: 1 }, ann)).toThrow(/is canceled/);
    runner.heartbeat([]);
    expect(() => move(fixture, 5, { before: 1 })).toThrow(/different users/);
    expect(() => move(fixture, 6, { before: 1 })).toThrow(/different lanes/);
    expect(fixture.log.length).toBe(logged);
  });
});
