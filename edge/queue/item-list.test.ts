import { describe, expect, test } from 'vitest';
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { Principal } from '../../contract/store/key.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { type ItemPageRows, type ListQuery, WINDOW } from './item-list.ts';
import { IDS_PER_ANSWER, type Place } from './item-order.ts';

/** A retry as the queue stores it: outside its batch's range of ids. */
function retry(fixture: QueueFixture, item_id: number, status = 'pending'): number {
  const { sql } = fixture.queue;
  const { next } = sql.one<{ next: number }>(
    'UPDATE queue SET next_item_id = next_item_id + 1 RETURNING next_item_id AS next',
  );
  sql.all(
    `INSERT INTO items (item_id, batch_no, backlog_no, status, priority, batch_index)
     SELECT ?, batch_no, backlog_no, ?, priority, item_id FROM items WHERE item_id = ?`,
    next - 1,
    status,
    item_id,
  );
  return next - 1;
}

/** Two users, three destinations, retries between batches, finished and removed items. */
async function aHistory(): Promise<QueueFixture> {
  const fixture = await QueueFixture.open();
  const runner = new ProtocolRunner(fixture).register();
  for (let round = 0; round < 4; round++) {
    const user_id = round % 2 === 0 ? 'ann' : 'bob';
    const batch = { user_id, destination: ['left', 'right', null][round % 3] ?? null };
    fixture.enqueue(plainBatch(`b${round}`, 5, { ...batch, priority: round === 2 ? 7 : 0 }));
    for (const grant of runner.claim(2)) runner.run(grant);
    for (const grant of runner.claim(1)) runner.post(entries(grant).started);
    retry(fixture, 1, 'failed');
    retry(fixture, 3 + 6 * round);
  }
  fixture.queue.sql.all(`UPDATE items SET deleted = 1, status = 'canceled' WHERE item_id IN (4, 6, 9)`);
  return fixture;
}

/** Every item by pages of `limit`, as one list, and how many pages there were. */
function walk(fixture: QueueFixture, query: Omit<ListQuery, 'after' | 'limit'>, principal: Principal, limit: number) {
  const items: ItemSummary[] = [];
  let pages = 0;
  const order = query.order ?? 'ASC';
  for (let after: number | null = null; ; pages++) {
    const page: ItemPageRows = fixture.read('items', { ...query, after, limit }, principal);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (!page.has_more) return { items, pages: pages + 1 };
    if (order === 'ASC') expect(page.last).toBeGreaterThan(after ?? 0);
    else expect(page.last).toBeLessThan(after ?? Number.MAX_SAFE_INTEGER);
    after = page.last;
  }
}

describe('lists by pages', () => {
  const filters: [string, Omit<ListQuery, 'after' | 'limit'>][] = [
    ['everything', {}],
    ['a status', { status: 'completed' }],
    ['a batch with retries', { batch_id: 'b0' }],
    ['a batch and a status', { batch_id: 'b0', status: 'failed' }],
    ['a destination', { destination: 'left' }],
    ['a destination of several users', { destination: 'left', status: 'pending' }],
    ['a user', { user_id: 'ann' }],
    ['a user and a status', { user_id: 'bob', status: 'pending' }],
    ['a user and a destination', { user_id: 'bob', destination: 'left' }],
    ['a batch of another destination', { batch_id: 'b0', destination: 'right' }],
    ['a batch of another user', { batch_id: 'b0', user_id: 'bob' }],
    ['what nothing has', { batch_id: 'nowhere' }],
  ];
  test.each(filters)('by %s: each page size and order gives what a look at every item gives', async (_, filter) => {
    const fixture = await aHistory();
    const all = walk(fixture, {}, ADMIN, 1_000).items;
    expect(all).toHaveLength(25);
    const wanted = all.filter((item) =>
      Object.entries(filter).every(([name, value]) => item[name as keyof ItemSummary] === value),
    );
    for (const limit of [1, 2, 3, 100]) {
      expect(walk(fixture, filter, ADMIN, limit).items).toEqual(wanted);
      expect(walk(fixture, { ...filter, order: 'DESC' }, ADMIN, limit).items).toEqual(wanted.toReversed());
    }
  });

  test('[A145] what an item hides finds it for nobody but its owner and admins', async () => {
    const fixture = await aHistory();
    const ids = (filter: Omit<ListQuery, 'after' | 'limit'>, principal: Principal) =>
      walk(fixture, filter, principal, 4).items.map((item) => item.user_id);
    expect(ids({ batch_id: 'b0' }, person('bob'))).toEqual([]);
    expect(ids({ user_id: 'ann' }, person('bob'))).toEqual([]);
    expect(new Set(ids({ destination: 'left' }, person('bob')))).toEqual(new Set(['bob']));
    expect(new Set(ids({ destination: 'left' }, ADMIN))).toEqual(new Set(['ann', 'bob']));
    expect(new Set(ids({}, person('bob')))).toEqual(new Set(['bob', 'redacted']));
    expect(ids({}, person('bob'))).toHaveLength(25);
  });

  test('[A150] a page looks at a bounded number of items, however few are wanted', async () => {
    const fixture = await QueueFixture.open();
    const count = 2 * WINDOW + 5;
    fixture.enqueue(plainBatch('many', count));
    fixture.queue.sql.all(`UPDATE items SET status = 'failed' WHERE item_id = ?`, count);
    fixture.queue.sql.all(`UPDATE items SET status = 'canceled' WHERE item_id = 1`);
    for (const filter of [{}, { batch_id: 'many' }]) {
      const last = walk(fixture, { status: 'failed', ...filter }, ADMIN, 10);
      expect(last.items.map((item) => item.item_id)).toEqual([count]);
      expect(last.pages).toBe(3);
      const first = walk(fixture, { status: 'canceled', order: 'DESC', ...filter }, ADMIN, 10);
      expect(first.items.map((item) => item.item_id)).toEqual([1]);
      expect(first.pages).toBe(3);
    }
  });
});

describe('ids', () => {
  const idsOf = (fixture: QueueFixture, order: 'ASC' | 'DESC', principal = ADMIN) => {
    const ids: number[] = [];
    const counts: number[] = [];
    for (let after: number | null = null; ; ) {
      const answer: { ids: string; count: number; last: number | null } = fixture.read(
        'item_ids',
        { order, after },
        principal,
      );
      ids.push(...(JSON.parse(`[${answer.ids}]`) as number[]));
      counts.push(answer.count);
      if (answer.last === null) return { ids, counts };
      after = answer.last;
    }
  };

  test('[Q128] all users’ items, oldest or newest first, none of the removed', async () => {
    const fixture = await aHistory();
    const all = walk(fixture, {}, ADMIN, 100).items.map((item) => item.item_id);
    expect(idsOf(fixture, 'ASC', person('bob')).ids).toEqual(all);
    expect(idsOf(fixture, 'DESC').ids).toEqual(all.toReversed());
    expect(idsOf(await QueueFixture.open(), 'ASC')).toEqual({ ids: [], counts: [0] });
  });

  test('more than one answer carries come in several', async () => {
    const fixture = await QueueFixture.open();
    const count = IDS_PER_ANSWER + 3;
    fixture.enqueue(plainBatch('many', count));
    const all = Array.from({ length: count }, (_, index) => index + 1);
    expect(idsOf(fixture, 'ASC')).toEqual({ ids: all, counts: [IDS_PER_ANSWER, 3] });
    expect(idsOf(fixture, 'DESC')).toEqual({ ids: all.toReversed(), counts: [IDS_PER_ANSWER, 3] });
  });

  const orderOf = (fixture: QueueFixture, destination: string | null, principal = ADMIN) => {
    const ids: number[] = [];
    for (let after: Place | null = null; ; ) {
      const answer: { ids: string; last: Place | null } = fixture.read('item_order', { destination, after }, principal);
      ids.push(...(JSON.parse(answer.ids) as number[]));
      if (answer.last === null) return ids;
      after = answer.last;
    }
  };

  test('by priority and then age, of everybody or of a destination', async () => {
    const fixture = await aHistory();
    const all = walk(fixture, {}, ADMIN, 100).items;
    const sorted = (items: ItemSummary[]) =>
      items.toSorted((a, b) => b.priority - a.priority || a.item_id - b.item_id).map((item) => item.item_id);
    expect(orderOf(fixture, null)).toEqual(sorted(all));
    expect(orderOf(fixture, null, person('bob'))).toEqual(sorted(all));
    const left = all.filter((item) => item.destination === 'left');
    expect(orderOf(fixture, 'left')).toEqual(sorted(left));
    expect(orderOf(fixture, 'left', person('bob'))).toEqual(sorted(left.filter((item) => item.user_id === 'bob')));
    expect(orderOf(fixture, 'nowhere')).toEqual([]);
  });

  test('of more than one answer carries, none is lost or repeated between priorities', async () => {
    const fixture = await QueueFixture.open({ max_queue_size: 1_000_000 });
    fixture.enqueue(plainBatch('low', IDS_PER_ANSWER - 1));
    fixture.enqueue(plainBatch('high', 3, { priority: 1 }));
    const first = [0, 1, 2].map((index) => IDS_PER_ANSWER + index);
    expect(orderOf(fixture, null)).toEqual([
      ...first,
      ...Array.from({ length: IDS_PER_ANSWER - 1 }, (_, index) => index + 1),
    ]);
  });
});
