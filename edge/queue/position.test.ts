import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const position = (fixture: QueueFixture, item_id: number, as = ADMIN) => fixture.read('position', item_id, as).position;

describe('position', () => {
  const batches = fc.array(
    fc.record({
      user_id: fc.constantFrom('ann', 'bob', 'cat', 'dan'),
      count: fc.integer({ min: 1, max: 6 }),
      priority: fc.constantFrom(0, 0, 2),
      lane: fc.constantFrom(0, 0, 0, 1),
      model: fc.constantFrom('m', 'n'),
    }),
    { minLength: 1, maxLength: 12 },
  );

  test('says how many items are claimed before, as claims then show', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        batches,
        fc.nat(8),
        fc.constantFrom('fair' as const, 'fair' as const, 'fifo' as const),
        fc.array(fc.record({ item: fc.nat(30), neighbour: fc.nat(30) }), { maxLength: 5 }),
        async (before, after, claimed, order, moves) => {
          const fixture = await QueueFixture.open({ order });
          const runner = new ProtocolRunner(fixture).register();
          let last = 0;
          const enqueue = ({ model, count, ...over }: (typeof before)[number]) => {
            const requirement = JSON.stringify({ engine: 1, types: [], models: [model] });
            last = fixture.enqueue(plainBatch(`b${last}`, count, { ...over, requirement })).first_item_id + count - 1;
          };
          before.forEach(enqueue);
          // Users who received different amounts, and some who come back.
          const held = runner.claim(claimed).map((grant) => grant.item_id);
          after.forEach(enqueue);
          for (const { item, neighbour } of moves)
            try {
              fixture.command('move_item', { item_id: 1 + item, beside: { before: 1 + neighbour } });
            } catch {
              // Of different users or lanes, held, or none at all: what may be moved is not asked here.
            }
          const positions = new Map<number, number | null>();
          for (let item_id = 1; item_id <= last; item_id++) positions.set(item_id, position(fixture, item_id));
          for (const item_id of held) expect(positions.get(item_id)).toBe(0);
          const claims = Array.from({ length: last }, () => runner.claim(1)).flat();
          expect(claims.map((grant) => positions.get(grant.item_id))).toEqual(claims.map((_, index) => index));
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test('null for what is not pending, and the total beside it; told to owner and admin', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 3, { user_id: 'ann' }));
    fixture.command('cancel_item', 1);
    expect(fixture.read('position', 1)).toEqual({ item_id: 1, position: null, total: 2 });
    expect(fixture.read('position', 3, person('ann'))).toEqual({ item_id: 3, position: 1, total: 2 });
    expect(() => position(fixture, 3, person('bob'))).toThrow(/somebody else/);
    expect(() => position(fixture, 9)).toThrow(/no item 9/);
  });

  test('what stands behind the item is not read', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('a', 10, { user_id: 'ann' }));
    fixture.enqueue(plainBatch('b', 100_000, { user_id: 'bob' }));
    expect(position(fixture, 10)).toBe(18);
    const { sql } = fixture.queue;
    const all = sql.all.bind(sql);
    const limits: unknown[] = [];
    sql.all = (query, ...bindings) => {
      if (query.includes('SELECT 1 FROM backlogs')) limits.push(bindings.at(-1));
      return all(query, ...bindings);
    };
    position(fixture, 10);
    expect(limits).toEqual([16]);
  });
});
