import { describe, expect, test, vi } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { ITEMS_PER_TURN } from './backlog-times.ts';
import { FIND_BACKLOG } from './backlogs.ts';

const NOW = 1_000_000;
const wake = (runner_no: number) => ({ order: 'wake', runner_no });

describe('start_after', () => {
  test('the alarm stands at the earliest, and when it rings as many idle runners are woken as there is work', async () => {
    const fixture = await QueueFixture.open();
    for (const name of ['r1', 'r2', 'r3']) new ProtocolRunner(fixture, name).register().connect().claim(1);
    fixture.enqueue(plainBatch('later', 1, { start_after: NOW + 20_000 }));
    fixture.enqueue(plainBatch('soon', 2, { start_after: NOW + 10_000 }));
    expect(fixture.alarm_at).toBe(NOW + 10_000);
    expect(fixture.orders).toEqual([]);
    fixture.ring(NOW + 10_000);
    expect(fixture.orders).toEqual([wake(1), wake(2)]);
    fixture.ring(NOW + 14_000);
    expect(fixture.orders).toHaveLength(2);
  });

  test('however much starts at once, as many are woken as take it', async () => {
    const fixture = await QueueFixture.open();
    for (const name of ['r1', 'r2', 'r3', 'r4', 'r5'])
      new ProtocolRunner(fixture, name).register().connect().claim(500);
    fixture.enqueue(plainBatch('much', 1_900, { start_after: NOW + 10_000 }));
    fixture.ring(NOW + 10_000);
    expect(fixture.orders).toEqual([wake(1), wake(2), wake(3), wake(4)]);
  });

  test('work whose time has not come recalls nothing, and does when it has', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 2));
    const runner = new ProtocolRunner(fixture).register().connect();
    runner.claim(2);
    fixture.enqueue(plainBatch('first', 1, { priority: 9, start_after: NOW + 10_000 }));
    expect(fixture.orders).toEqual([]);
    fixture.ring(NOW + 10_000);
    expect(fixture.orders).toMatchObject([{ order: 'recall', leases: [{ item_id: 2 }] }, wake(1)]);
  });

  test('a start that came while the queue was paused or away is not forgotten', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { start_after: NOW + 10_000 }));
    const runner = new ProtocolRunner(fixture).register().connect();
    fixture.command('pause', null);
    runner.claim(1);
    fixture.restart();
    fixture.now = NOW + 60_000;
    fixture.command('resume', null);
    expect(fixture.orders).toEqual([wake(1)]);
    expect(runner.claim(1)).toHaveLength(1);
  });
});

test('a call that names times of its own finds its backlog without a look at those of other times', async () => {
  const { queue } = await QueueFixture.open();
  const plan = queue.sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${FIND_BACKLOG}`);
  expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining('start_after=? AND deadline=?')]);
});

describe('deadline', () => {
  const error = {
    error_type: 'TimeoutError',
    error_message: 'The item was not finished by its deadline, 1970-01-01T00:16:50.000Z.',
  };

  test('[R18] what is not final then fails, whoever holds it, and its runner is told to stop; the rest stays', async () => {
    const fixture = await QueueFixture.open();
    const runner = new ProtocolRunner(fixture).register().connect();
    fixture.enqueue(plainBatch('due', 4, { deadline: NOW + 10_000 }));
    fixture.enqueue(plainBatch('open', 1));
    const [done, running, waiting] = runner.claim(3);
    if (!done || !running || !waiting) throw new Error('there was work');
    runner.run(done);
    runner.post(entries(running).started, entries(running).result);
    expect(fixture.alarm_at).toBe(NOW + 10_000);
    runner.heartbeat([running, waiting]);
    fixture.ring(NOW + 10_000);
    expect(fixture.statuses()).toEqual(['completed', 'failed', 'failed', 'failed', 'pending']);
    for (const item_id of [2, 3, 4]) expect(fixture.item(item_id)).toMatchObject(error);
    expect(fixture.orders).toEqual([
      {
        order: 'stop',
        runner_no: 1,
        leases: [
          { item_id: 2, fence: 1 },
          { item_id: 3, fence: 1 },
        ],
      },
    ]);
    expect(runner.post(entries(running).complete, entries(waiting).started)).toEqual(['gone', 'repeated']);
    expect(runner.heartbeat([running, waiting])).toMatchObject({ gone: [2, 3], canceled: [] });
    expect(fixture.queue.sql.all('SELECT deadline FROM backlogs WHERE deadline IS NOT NULL')).toEqual([]);
    expect(fixture.read('status', null).queue).toMatchObject({ pending: 1, in_progress: 0, completed: 1, failed: 3 });
  });

  test('[R18] very many fail in several transactions, each at once after the other, and nobody is granted one', async () => {
    const fixture = await QueueFixture.open();
    const count = ITEMS_PER_TURN * 2 + 10;
    fixture.enqueue(plainBatch('due', count, { deadline: NOW + 10_000 }));
    new ProtocolRunner(fixture).register().connect();
    const silent = new ProtocolRunner(fixture, 'silent').register();
    fixture.ring(NOW + 10_000);
    const failed = () => fixture.read('status', null).queue.failed;
    expect([failed(), fixture.alarm_at]).toEqual([ITEMS_PER_TURN, fixture.now]);
    fixture.ring(NOW + 10_001);
    expect([failed(), fixture.alarm_at]).toEqual([2 * ITEMS_PER_TURN, fixture.now]);
    // However long the rest takes, the queue was not away: a silent runner is lost in time.
    fixture.ring(NOW + 15_000);
    expect(failed()).toBe(count);
    expect(() => silent.claim(1)).toThrow(/register again/);
    expect(fixture.orders).toEqual([]);
  });

  test('[R18] holds also for what passed while the queue was away', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('due', 1, { deadline: NOW + 10_000 }));
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('there was work');
    runner.start(grant);
    fixture.restart();
    fixture.now = NOW + 3_600_000;
    expect(runner.post(entries(grant).result, entries(grant).complete)).toEqual(['gone', 'gone']);
    expect(fixture.item(1)).toMatchObject({ status: 'failed', ...error });
  });

  test('those that come together cost one look at what is leased, and each item says which was its own', async () => {
    const fixture = await QueueFixture.open();
    for (let each = 0; each < 20; each++) fixture.enqueue(plainBatch(`b${each}`, 1, { deadline: NOW + 1_000 + each }));
    new ProtocolRunner(fixture).register().connect().claim(10);
    const all = vi.spyOn(fixture.queue.sql, 'all');
    fixture.ring(NOW + 2_000);
    const looks = all.mock.calls.filter(([query]) => query.includes('runner_no IS NOT NULL AND backlog_no'));
    all.mockRestore();
    expect(looks).toHaveLength(1);
    expect(fixture.read('status', null).queue).toMatchObject({ pending: 0, failed: 20 });
    expect(fixture.item(20).error_message).toContain('1970-01-01T00:16:41.019Z');
  });

  test('an item that waits for its children fails too', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('due', 2, { deadline: NOW + 10_000 }));
    fixture.queue.sql.all("UPDATE items SET status = 'waiting' WHERE item_id = 2");
    for (const table of ['queue', 'batches', 'users'])
      fixture.queue.sql.all(`UPDATE ${table} SET pending = pending - 1, waiting = waiting + 1`);
    fixture.ring(NOW + 10_000);
    expect(fixture.statuses()).toEqual(['failed', 'failed']);
    expect(fixture.read('status', null).queue).toMatchObject({ pending: 0, waiting: 0, failed: 2 });
  });
});
