import { describe, expect, test } from 'vitest';
import { aChain, factsSince } from '../../test/support/chain-fixture.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, aBatch, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const [ann, bob] = [person('ann'), person('bob')];
const retry = (fixture: QueueFixture, item_ids: number[], principal = ADMIN, key: string | null = null) =>
  fixture.command('retry', { item_ids, idempotency: key === null ? null : { key, body_hash: 'same' } }, principal);

/** Three items with values 1, 2 and 3: completed, failed, canceled; and one that waits. */
async function aQueue(over: Parameters<typeof QueueFixture.open>[0] = {}) {
  const fixture = await QueueFixture.open(over);
  fixture.enqueue(aBatch({ user_id: 'ann', priority: 4, destination: 'canvas', origin: 'here' }));
  const runner = new ProtocolRunner(fixture).register();
  const [one, two] = runner.claim(2);
  if (!one || !two) throw new Error('no grants');
  runner.run(one);
  runner.post(entries(two).started, entries(two).error);
  fixture.command('cancel_item', 3);
  fixture.enqueue(plainBatch('later', 1, { user_id: 'ann' }));
  return { fixture, runner };
}

describe('retry', () => {
  test('[Q126] what failed or was canceled runs anew as a new item of its batch; the rest is passed over', async () => {
    const { fixture, runner } = await aQueue();
    const logged = fixture.log.length;
    expect(retry(fixture, [3, 2, 1, 4, 99, 3], ann)).toEqual({
      queue_id: 'q',
      retried_item_ids: [3, 2],
      new_item_ids: [5, 6],
    });
    expect(factsSince(fixture, logged)).toEqual([
      [
        'retried',
        [
          [1, 3, 5],
          [1, 2, 6],
        ],
      ],
    ]);
    expect(fixture.item(6)).toMatchObject({
      status: 'pending',
      status_sequence: 0,
      batch_id: 'b',
      priority: 4,
      user_id: 'ann',
      origin: 'here',
      destination: 'canvas',
      field_values: [{ node_path: 'n', field_name: 'value', value: 2 }],
      retried_from_item_id: 2,
      error_type: null,
      attempts: 0,
      parent_item_id: null,
    });
    expect(fixture.item(2)).toMatchObject({ status: 'failed', error_type: 'ValueError' });
    expect(fixture.read('batch_status', 'b')).toMatchObject({
      pending: 2,
      failed: 1,
      canceled: 1,
      completed: 1,
      total: 5,
    });
    const grants = runner.claim(9);
    expect(grants.map(({ item_id, results }) => [item_id, results])).toEqual([
      [5, []],
      [6, []],
      [4, []],
    ]);
    for (const grant of grants) runner.run(grant);
    expect(fixture.item(6)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  test('[Q126] a retry of a retry keeps the first of the series', async () => {
    const { fixture } = await aQueue();
    retry(fixture, [2]);
    fixture.command('cancel_item', 5);
    expect(retry(fixture, [5])).toMatchObject({ retried_item_ids: [5], new_item_ids: [6] });
    expect(fixture.item(6)).toMatchObject({ retried_from_item_id: 2 });
  });

  test('[Q126] it stops when the queue, or the user, has no room left', async () => {
    const full = await aQueue({ max_queue_size: 3 });
    full.fixture.enqueue(plainBatch('more', 1));
    expect(retry(full.fixture, [2, 3])).toMatchObject({ retried_item_ids: [2], new_item_ids: [6] });
    const logged = full.fixture.log.length;
    expect(retry(full.fixture, [3])).toMatchObject({ retried_item_ids: [], new_item_ids: [] });
    expect(full.fixture.log).toHaveLength(logged);
    const quota = await aQueue({ max_user_pending: 3 });
    quota.fixture.enqueue(plainBatch('of-bob', 1, { user_id: 'bob' }));
    quota.fixture.command('cancel_item', 5);
    quota.fixture.enqueue(plainBatch('more', 1, { user_id: 'ann' }));
    expect(retry(quota.fixture, [3, 2, 5])).toMatchObject({ retried_item_ids: [3, 5], new_item_ids: [7, 8] });
  });

  test('[A147] somebody else’s item refuses the whole call, and nothing changes', async () => {
    const { fixture } = await aQueue();
    fixture.enqueue(plainBatch('of-bob', 1, { user_id: 'bob' }));
    fixture.command('cancel_item', 5);
    const logged = fixture.log.length;
    expect(() => retry(fixture, [5, 2], bob)).toThrow(/Item 2 belongs to somebody else/);
    expect(fixture.log).toHaveLength(logged);
    expect(retry(fixture, [5, 99], bob)).toMatchObject({ retried_item_ids: [5] });
  });

  test('[Q126] [A147] children stand for the root of their chain, once, and the new item has no chain', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    expect(retry(fixture, [1, 4])).toMatchObject({ retried_item_ids: [] });
    runner.run(grants.get(2) as never);
    fixture.command('cancel_item', 4);
    expect(retry(fixture, [4, 5, 3, 2, 1], ann)).toMatchObject({ retried_item_ids: [1], new_item_ids: [6] });
    expect(fixture.item(6)).toMatchObject({ retried_from_item_id: 1, root_item_id: null, workflow_call_id: null });
    expect(fixture.log.at(-1)?.body.facts).toEqual([['retried', [[1, 1, 6]]]]);
    expect(() => retry(fixture, [4], bob)).toThrow(/belongs to somebody else/);
  });

  test('the times of the batch are those of its first run', async () => {
    const fixture = await QueueFixture.open();
    const times = { start_after: fixture.now + 60_000, deadline: fixture.now + 120_000 };
    fixture.enqueue(plainBatch('timed', 2, times));
    const runner = new ProtocolRunner(fixture).register();
    fixture.command('cancel_by_batch_ids', ['timed']);
    retry(fixture, [1, 2]);
    expect(runner.claim(9).map((grant) => grant.item_id)).toEqual([3, 4]);
    expect(fixture.item(3)).toMatchObject({ start_after: null, deadline: null });
  });

  test('the same Idempotency-Key answers what it answered, and makes nothing', async () => {
    const { fixture } = await aQueue();
    const first = retry(fixture, [2], ann, 'once');
    const logged = fixture.log.length;
    expect(retry(fixture, [2], ann, 'once')).toEqual(first);
    expect(fixture.log).toHaveLength(logged);
  });

  test('a retry has waited since it was made', async () => {
    const { fixture, runner } = await aQueue();
    const waited = () =>
      fixture.queue.sql.one<{ total: number }>('SELECT total_wait_seconds AS total FROM queue').total;
    fixture.now += 5_000;
    retry(fixture, [2]);
    const before = waited();
    fixture.now += 2_000;
    for (const grant of runner.claim(1)) runner.start(grant);
    expect(waited() - before).toBe(2);
  });
});
