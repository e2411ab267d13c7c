import { describe, expect, test } from 'vitest';
import { Capacity } from '../../contract/queue/capacity.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const requirement = (type: string) => JSON.stringify({ engine: ENGINE_VERSION, types: [[type, '1.0.0']], models: [] });

const capacityOf = (fixture: QueueFixture) => Capacity.parse(fixture.read('capacity', null, person('ann')));

describe('the scaling signal', () => {
  test('an empty queue asks for nothing', async () => {
    const fixture = await QueueFixture.open();
    const nothing = { pending: 0, scheduled: 0, in_progress: 0, device_seconds: 0 };
    const never = { oldest_wait_seconds: null, next_start_at: null, earliest_deadline: null };
    expect(capacityOf(fixture)).toEqual({
      ...{ queue_id: 'q', at: '1970-01-01T00:16:40.000Z', paused: false, demands: [] },
      total: { ...nothing, ...never },
      runners: { registered: 0, idle: 0, draining: 0 },
    });
  });

  test('open work by what it asks for, and who could do it', async () => {
    const fixture = await QueueFixture.open();
    const images = { requirement: requirement('denoise'), user_id: 'bob' };
    fixture.enqueue(plainBatch('plain', 4, { deadline: fixture.now + 90_000 }));
    fixture.enqueue(plainBatch('images', 3, { ...images, deadline: fixture.now + 60_000 }));
    const runner = new ProtocolRunner(fixture).register();
    new ProtocolRunner(fixture, 'r2').register();
    new ProtocolRunner(fixture, 'r3').register({ denoise: '1.0.0' }).heartbeat([], { draining: true });
    const [first, second] = runner.claim(2);
    if (!first || !second) throw new Error('two grants were expected');
    const { started, running, result, complete } = entries(first);
    runner.post(started, running, { ...result, seconds: 4 }, complete, entries(second).started);
    fixture.now += 5_000;
    const { demands, total, runners } = capacityOf(fixture);
    expect(demands).toMatchObject([
      {
        requirement: { types: [['integer', '1.0.0']] },
        ...{ pending: 2, scheduled: 0, in_progress: 1, device_seconds: 8, oldest_wait_seconds: 5 },
        ...{ earliest_deadline: '1970-01-01T00:18:10.000Z', runners_able: 2, runners_idle: 1 },
      },
      {
        requirement: { types: [['denoise', '1.0.0']] },
        // Nothing of it has run: the mean of all that did stands for it.
        ...{ pending: 3, in_progress: 0, device_seconds: 12, runners_able: 0, runners_idle: 0 },
      },
    ]);
    expect(total).toMatchObject({ pending: 5, in_progress: 1, device_seconds: 20, oldest_wait_seconds: 5 });
    expect(total.earliest_deadline).toBe('1970-01-01T00:17:40.000Z');
    expect(runners).toMatchObject({ registered: 2, idle: 1 });
  });

  test('what may not run yet is no reason to scale, and what nobody knows is not guessed', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('later', 2, { start_after: fixture.now + 60_000 }));
    fixture.enqueue(plainBatch('latest', 1, { start_after: fixture.now + 90_000 }));
    fixture.enqueue(plainBatch('now', 1));
    const before = capacityOf(fixture);
    expect(before.demands).toMatchObject([
      { pending: 1, scheduled: 3, device_seconds: null, next_start_at: '1970-01-01T00:17:40.000Z' },
    ]);
    expect(before.total.device_seconds).toBeNull();
    fixture.ring(fixture.now + 70_000);
    expect(capacityOf(fixture).total).toMatchObject({ pending: 3, scheduled: 1, oldest_wait_seconds: 70 });
  });

  test('a retry of what was canceled before its start is a reason to scale: it runs when it is asked for', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('later', 3, { start_after: fixture.now + 60_000 }));
    fixture.command('cancel_item', 1);
    fixture.command('retry', { item_ids: [1], idempotency: null });
    const { total } = capacityOf(fixture);
    expect(total).toMatchObject({ pending: 1, scheduled: 2, next_start_at: '1970-01-01T00:17:40.000Z' });
    expect(new ProtocolRunner(fixture).register().claim(5)).toHaveLength(1);
  });

  test('finished batches cost nothing: they are in no demand', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 2));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(2)) runner.run(grant);
    expect(capacityOf(fixture).demands).toEqual([]);
    const plan = fixture.queue.sql.all<{ detail: string }>(
      `EXPLAIN QUERY PLAN SELECT 1 FROM batches INDEXED BY batches_open WHERE "pending" + "in_progress" + "waiting" > 0`,
    );
    expect(plan.map((row) => row.detail).join()).toContain('batches_open');
  });
});
