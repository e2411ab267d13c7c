import { describe, expect, test } from 'vitest';
import { aChain, factsSince } from '../../test/support/chain-fixture.ts';
import { entries } from '../../test/support/queue-entries.ts';
import {
  ADMIN,
  ProtocolRunner,
  person,
  plainBatch,
  QueueFixture,
  RefusedError,
} from '../../test/support/queue-fixture.ts';

const [ann, bob] = [person('ann'), person('bob')];

/** Of ann's four items the first has completed, the second runs, the others wait; of bob's two the first runs. */
async function aQueue() {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('of-ann', 4, { user_id: 'ann', destination: 'canvas' }));
  fixture.enqueue(plainBatch('of-bob', 2, { user_id: 'bob', destination: 'canvas' }));
  const runner = new ProtocolRunner(fixture).register();
  const grants = runner.claim(6).sort((a, b) => a.item_id - b.item_id);
  const [done, second] = grants;
  const fifth = grants[4];
  if (!done || !second || !fifth) throw new Error('no grants');
  runner.run(done);
  for (const grant of [second, fifth]) runner.start(grant);
  runner.heartbeat([second, fifth]);
  return { fixture, runner, second, fifth };
}

const ids = (fixture: QueueFixture) =>
  fixture.read('items', { after: 0, limit: 1_000 }).items.map((item) => item.item_id);
const counts = (fixture: QueueFixture) => fixture.read('status', null).queue;
const removals = (fixture: QueueFixture) =>
  fixture.queue.sql.all(
    'SELECT sequence, first_item_id AS first, last_item_id AS last FROM removals ORDER BY removal_no',
  );

const refusal = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof RefusedError) return error.problem.code;
    throw error;
  }
  return 'not refused';
};

test('what the items of a batch took is known also when those that completed were removed', async () => {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', 12));
  const runner = new ProtocolRunner(fixture).register();
  const run = (count: number) => {
    for (const grant of runner.claim(count)) {
      const { started, result, complete } = entries(grant);
      runner.post(started, { ...result, seconds: 2 }, complete);
    }
  };
  const charge = () => {
    const [grant] = runner.claim(1);
    return fixture.queue.sql.one('SELECT charge FROM items WHERE item_id = ?', grant?.item_id ?? 0);
  };
  run(8);
  for (let item_id = 1; item_id < 8; item_id++) fixture.command('delete_item', item_id);
  expect(charge()).toEqual({ charge: 2 });
  fixture.command('prune', null);
  expect(charge()).toEqual({ charge: 2 });
  expect(fixture.read('capacity', null).total.device_seconds).toBe(2 * 4);
});

describe('clear', () => {
  test('[Q116] of one user: each of theirs that runs has its event first, then the queue is cleared for them', async () => {
    const { fixture, runner, second } = await aQueue();
    const logged = fixture.log.length;
    expect(fixture.command('clear', null, ann)).toEqual({ deleted: 4 });
    expect(factsSince(fixture, logged)).toEqual([
      ['status', 2, 1, 'canceled', 2, 'cpu'],
      ['cleared', 'ann'],
    ]);
    expect(fixture.orders.at(-1)).toEqual({ order: 'cancel', runner_no: 1, item_ids: [2] });
    expect(ids(fixture)).toEqual([5, 6]);
    expect(fixture.item(5)).toMatchObject({ status: 'in_progress' });
    expect(counts(fixture)).toMatchObject({ pending: 1, in_progress: 1, completed: 0, canceled: 0, total: 2 });
    expect(runner.heartbeat([second])).toMatchObject({ gone: [2] });
    const last = fixture.log.length;
    expect(fixture.command('clear', null, ann)).toEqual({ deleted: 0 });
    expect(fixture.log).toHaveLength(last);
  });

  test('[Q116] of an admin: everybody’s', async () => {
    const { fixture } = await aQueue();
    expect(fixture.command('clear', null, ADMIN)).toEqual({ deleted: 6 });
    expect(fixture.log.at(-1)?.body.facts).toEqual([
      ['status', 2, 1, 'canceled', 2, 'cpu'],
      ['status', 5, 2, 'canceled', 2, 'cpu'],
      ['cleared', null],
    ]);
    expect(ids(fixture)).toEqual([]);
    expect(counts(fixture)).toMatchObject({ total: 0 });
    expect(fixture.enqueue(plainBatch('next', 1))).toMatchObject({ first_item_id: 7 });
  });
});

describe('delete', () => {
  test('an item that runs is canceled, then removed; whoever asks again is told that there is none', async () => {
    const { fixture, runner, second } = await aQueue();
    const logged = fixture.log.length;
    expect(fixture.command('delete_item', 2, ann)).toBeNull();
    expect(factsSince(fixture, logged)).toEqual([
      ['status', 2, 1, 'canceled', 2, 'cpu'],
      ['pruned', [[1, 2, 2]]],
    ]);
    expect(fixture.orders.at(-1)).toEqual({ order: 'cancel', runner_no: 1, item_ids: [2] });
    expect(runner.start(second)).toEqual(['gone']);
    expect(removals(fixture)).toEqual([{ sequence: fixture.log.at(-1)?.sequence, first: 2, last: 2 }]);
    expect(refusal(() => fixture.command('delete_item', 2, ann))).toBe('not_found');
    expect(refusal(() => fixture.command('cancel_item', 2, ann))).toBe('not_found');
    expect(refusal(() => fixture.item(2))).toBe('not_found');
    expect(fixture.read('batch_status', 'of-ann')).toMatchObject({ pending: 2, completed: 1, canceled: 0, total: 3 });
  });

  test('a finished item goes without a word about its status', async () => {
    const { fixture } = await aQueue();
    const logged = fixture.log.length;
    fixture.command('delete_item', 1, ann);
    expect(factsSince(fixture, logged)).toEqual([['pruned', [[1, 1, 1]]]]);
  });

  test('[R42] [Q123] [A148] from any member the whole chain goes, and only the root’s owner may ask', async () => {
    for (const item_id of [1, 2, 3, 4, 5]) {
      const fixture = await QueueFixture.open();
      await aChain(fixture);
      expect(refusal(() => fixture.command('delete_item', item_id, bob))).toBe('forbidden');
      const logged = fixture.log.length;
      fixture.command('delete_item', item_id, ann);
      expect(ids(fixture)).toEqual([]);
      expect(factsSince(fixture, logged).map(([kind, what]) => [kind, what])).toEqual([
        ...[1, 2, 3, 4, 5].map((id) => ['status', id]),
        [
          'pruned',
          [
            [1, 1, 1],
            [2, 2, 3],
            [3, 4, 5],
          ],
        ],
      ]);
      expect(counts(fixture)).toMatchObject({ total: 0, waiting: 0 });
    }
  });

  test('[Q117] by destination, what runs is signaled first, and one event names all that is removed', async () => {
    const { fixture } = await aQueue();
    const logged = fixture.log.length;
    expect(fixture.command('delete_by_destination', 'canvas', ann)).toEqual({ deleted: 4 });
    expect(factsSince(fixture, logged)).toEqual([
      ['canceled', [[1, 3, 4]]],
      ['status', 2, 1, 'canceled', 2, 'cpu'],
      ['pruned', [[1, 1, 4]]],
    ]);
    expect(fixture.command('delete_by_destination', 'canvas', ann)).toEqual({ deleted: 0 });
    expect(fixture.command('delete_by_destination', 'canvas', ADMIN)).toEqual({ deleted: 2 });
    expect(counts(fixture)).toMatchObject({ total: 0 });
  });

  test('[Q118] all except current: what runs and what has ended stay', async () => {
    const { fixture } = await aQueue();
    expect(fixture.command('delete_all_except_current', null, ann)).toEqual({ deleted: 2 });
    expect(fixture.log.at(-1)?.body.facts).toEqual([
      ['canceled', [[1, 3, 4]]],
      ['pruned', [[1, 3, 4]]],
    ]);
    expect(ids(fixture)).toEqual([1, 2, 5, 6]);
    expect(fixture.command('delete_all_except_current', null, ADMIN)).toEqual({ deleted: 1 });
    expect(ids(fixture)).toEqual([1, 2, 5]);
  });

  test('[Q118] a chain goes with its finished children or stays with its waiting parents', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    runner.run(grants.get(2) as never);
    expect(fixture.command('delete_all_except_current', null, ann)).toEqual({ deleted: 0 });
    fixture.enqueue(plainBatch('other', 1, { user_id: 'ann' }));
    for (const grant of runner.claim(1)) runner.start(grant);
    expect(fixture.command('delete_all_except_current', null, ann)).toEqual({ deleted: 5 });
    expect(ids(fixture)).toEqual([6]);
  });
});

describe('prune', () => {
  test('what has ended goes, each caller’s own', async () => {
    const { fixture } = await aQueue();
    fixture.command('cancel_by_batch_ids', ['of-bob']);
    expect(fixture.command('prune', null, ann)).toEqual({ deleted: 1 });
    expect(fixture.command('prune', null, ADMIN)).toEqual({ deleted: 2 });
    expect(fixture.log.at(-1)?.body.facts).toEqual([['pruned', [[2, 5, 6]]]]);
    const logged = fixture.log.length;
    expect(fixture.command('prune', null, ADMIN)).toEqual({ deleted: 0 });
    expect(fixture.log).toHaveLength(logged);
    expect(ids(fixture)).toEqual([2, 3, 4]);
  });

  test('children of a chain that still runs stay with it, and go with it', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    runner.run(grants.get(2) as never);
    fixture.enqueue(plainBatch('other', 1, { user_id: 'ann' }));
    for (const grant of runner.claim(1)) runner.run(grant);
    expect(fixture.command('prune', null, ann)).toEqual({ deleted: 1 });
    expect(ids(fixture)).toEqual([1, 2, 3, 4, 5]);
    fixture.command('cancel_item', 1, ann);
    expect(fixture.command('prune', null, ann)).toEqual({ deleted: 5 });
  });

  test('retried items are removed with the rest of their batch', async () => {
    const { fixture } = await aQueue();
    fixture.command('cancel_by_batch_ids', ['of-ann']);
    fixture.command('retry', { item_ids: [3], idempotency: null });
    fixture.command('cancel_by_batch_ids', ['of-ann']);
    expect(fixture.command('prune', null, ann)).toEqual({ deleted: 5 });
    expect(removals(fixture)).toMatchObject([
      { first: 1, last: 4 },
      { first: 7, last: 7 },
    ]);
  });
});

test('children whose root was too old to be kept are deleted like others, and cannot be retried', async () => {
  const fixture = await QueueFixture.open({ finished_retention_count: 4 });
  await aChain(fixture);
  fixture.command('cancel_item', 1);
  fixture.queue.sql.all('UPDATE queue SET retention_at = ?', fixture.now);
  fixture.ring(fixture.now + 1);
  expect(ids(fixture)).toEqual([2, 3, 4, 5]);
  expect(fixture.command('retry', { item_ids: [4], idempotency: null })).toMatchObject({ retried_item_ids: [] });
  fixture.command('delete_item', 4);
  expect(ids(fixture)).toEqual([]);
});

test('removing very many items takes as many statements as removing a few', async () => {
  const statements = async (count: number) => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('many', count, { destination: 'canvas' }));
    const { sql } = fixture.queue;
    const all = sql.all.bind(sql);
    let made = 0;
    sql.all = ((...args: Parameters<typeof all>) => {
      made++;
      return all(...args);
    }) as typeof sql.all;
    expect(fixture.command('delete_by_destination', 'canvas')).toEqual({ deleted: count });
    return made;
  };
  expect(await statements(20_000)).toBe(await statements(2));
});

test('the log keeps counters of batches only for events that show them, however many batches are cleared', async () => {
  const fixture = await QueueFixture.open();
  for (const batch_id of ['a', 'b', 'c']) fixture.enqueue(plainBatch(batch_id, 1));
  const runner = new ProtocolRunner(fixture).register();
  for (const grant of runner.claim(1)) runner.start(grant);
  fixture.command('clear', null);
  expect(fixture.log.at(-1)?.body).toMatchObject({ batches: [[1, [0, 0, 0, 0, 0, 0]]] });
});

test('what was removed is gone from storage once the log has forgotten it', async () => {
  const { fixture } = await aQueue();
  fixture.command('clear', null);
  const left = () => fixture.queue.sql.one<{ left: number }>('SELECT COUNT(*) AS left FROM items').left;
  expect(left()).toBe(6);
  fixture.queue.sql.all('DELETE FROM log');
  fixture.queue.sql.all('UPDATE queue SET retention_at = ?', fixture.now);
  fixture.ring(fixture.now + 1);
  expect(left()).toBe(0);
  expect(removals(fixture)).toEqual([]);
});
