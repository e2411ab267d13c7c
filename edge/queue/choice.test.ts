/** What a claim reads. */
import { describe, expect, test } from 'vitest';
import { ClaimWorld, needs } from '../../test/support/claim-world.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { BACKLOGS_OF_USERS, FIRST_ITEMS, MORE_ITEMS, NEXT_BACKLOGS, NEXT_USERS } from './choice.ts';

describe('cost', () => {
  const plan = (world: ClaimWorld, query: string) =>
    world.fixture.queue.sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`).map((row) => row.detail);

  test('[Q111] a claim never walks through items: indexes give it users, backlogs and heads', async () => {
    const world = await ClaimWorld.open();
    for (const user_id of ['A', 'B', 'C']) world.enqueue(user_id, 500);
    for (const query of [NEXT_USERS, BACKLOGS_OF_USERS, NEXT_BACKLOGS, FIRST_ITEMS, MORE_ITEMS]) {
      const details = plan(world, query);
      expect(details.filter((detail) => /^SCAN (?!wanted|json_each|users USING|CONSTANT)/.test(detail))).toEqual([]);
      expect(details.some((detail) => detail.includes('items_claimable'))).toBe(query !== BACKLOGS_OF_USERS);
    }
    expect(plan(world, NEXT_USERS)[0]).toContain('users_queued');
    expect(plan(world, NEXT_BACKLOGS).join()).toContain('backlogs_ready');
  });

  /** Rows that the storage hands over while `body` runs. */
  const rowsRead = (world: ClaimWorld, body: () => void): { rows: number; statements: number } => {
    const { sql } = world.fixture.queue;
    const read = { rows: 0, statements: 0 };
    const all = sql.all;
    sql.all = function counted<Row>(this: typeof sql, query: string, ...bindings: Parameters<typeof all>[1][]) {
      const found = all.call(this, query, ...bindings) as Row[];
      read.rows += found.length;
      read.statements += 1;
      return found;
    } as typeof all;
    body();
    sql.all = all;
    return read;
  };

  test('[Q111] 100,000 items that nobody can run, and 500 that are finished of each user, cost a claim nothing', async () => {
    const cost = async (unmatched: number, finished: number) => {
      const world = await ClaimWorld.open();
      if (unmatched > 0) world.enqueue('zoe', unmatched, needs([], 'other'));
      for (const user_id of ['A', 'B', 'C']) {
        if (finished > 0) world.enqueue(user_id, finished);
        for (let grants = world.grants(500); grants.length > 0; grants = world.grants(500))
          world.runner.post(
            ...grants.flatMap((grant) => [entries(grant).started, { ...entries(grant).complete, results: 0 }]),
          );
        world.enqueue(user_id, 10, { priority: 1 });
      }
      return rowsRead(world, () => expect(world.claim(3)).toHaveLength(3));
    };
    const [loaded, without] = [await cost(100_000, 500), await cost(0, 0)];
    expect(loaded.statements).toBe(without.statements);
    // The requirement that nobody meets is one row.
    expect(loaded.rows).toBe(without.rows + 1);
  }, 30_000);

  test('a claim reads as much with a thousand users who have something as with ten', async () => {
    for (const order of ['fair', 'fifo'] as const) {
      const cost = async (users: number) => {
        const world = await ClaimWorld.open({ order });
        for (let user = 0; user < users; user++) world.enqueue(`user-${user}`);
        return rowsRead(world, () => expect(world.claim(3)).toEqual([1, 2, 3]));
      };
      expect(await cost(1_000)).toEqual(await cost(10));
    }
  });
});
