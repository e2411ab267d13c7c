import { describe, expect, test } from 'vitest';
import { HELD_LEASES_MAX } from '../../contract/limits.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { LOSSES_MAX } from './leases.ts';

const NOW = 1_000_000;
const TIMEOUT = 15_000;

describe('a clock that goes back', () => {
  test('leaves no runner that is gone among those that live, and the alarm set', async () => {
    const fixture = await QueueFixture.open();
    fixture.now = NOW + 3_600_000;
    fixture.enqueue(plainBatch('b', 2));
    const gone = new ProtocolRunner(fixture, 'gone').register();
    const living = new ProtocolRunner(fixture, 'living').register();
    const held = [gone.claim(1), living.claim(1)].flat();
    fixture.now = NOW;
    living.heartbeat(held.slice(1));
    expect(fixture.alarm_at).toBe(NOW + TIMEOUT);
    fixture.now = NOW + 10_000;
    living.heartbeat(held.slice(1));
    fixture.ring(NOW + TIMEOUT);
    expect(living.claim(9).map((grant) => grant.item_id)).toEqual([1]);
    expect(() => gone.claim(1)).toThrow(/register again/);
  });

  test('with nobody but a runner that is gone, the next call of anybody sets the alarm', async () => {
    const fixture = await QueueFixture.open();
    fixture.now = NOW + 3_600_000;
    fixture.enqueue(plainBatch('b', 1));
    new ProtocolRunner(fixture, 'gone').register().claim(1);
    fixture.now = NOW;
    fixture.enqueue(plainBatch('c', 1));
    expect(fixture.alarm_at).toBe(NOW + TIMEOUT);
    fixture.ring(NOW + TIMEOUT);
    expect(new ProtocolRunner(fixture, 'other').register().claim(9)).toHaveLength(2);
  });

  test('leaves each runner the silence that it was told, though its owner has shortened it since', async () => {
    const fixture = await QueueFixture.open({ runner_timeout_seconds: 30 });
    fixture.now = NOW + 3_600_000;
    fixture.enqueue(plainBatch('b', 1));
    new ProtocolRunner(fixture, 'gone').register().claim(1);
    fixture.queue.configure('q', { ...fixture.queue.settings, runner_timeout_seconds: 15 }, 2);
    fixture.now = NOW;
    fixture.enqueue(plainBatch('c', 1));
    expect(fixture.alarm_at).toBe(NOW + 30_000);
  });
});

test('[R9] after an outage a runner that went away with the queue is lost one timeout later, not sooner', async () => {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', 1));
  const runner = new ProtocolRunner(fixture).register();
  for (const grant of runner.claim(1)) runner.start(grant);
  fixture.restart();
  const back = NOW + 3_600_000;
  fixture.ring(back);
  fixture.ring(back + TIMEOUT - 1);
  expect(fixture.statuses()).toEqual(['in_progress']);
  fixture.ring(back + TIMEOUT);
  expect(fixture.statuses()).toEqual(['pending']);
});

test('a fleet that is lost at once is freed in several transactions, one right after the other', async () => {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', 11 * HELD_LEASES_MAX));
  for (let no = 1; no <= 11; no++) new ProtocolRunner(fixture, `r${no}`).register().claim(HELD_LEASES_MAX);
  const leased = () =>
    fixture.queue.sql.one<{ leased: number }>('SELECT COUNT(*) AS leased FROM items WHERE runner_no IS NOT NULL')
      .leased;
  fixture.ring(NOW + TIMEOUT);
  expect([leased(), fixture.alarm_at]).toEqual([HELD_LEASES_MAX, fixture.now]);
  fixture.ring(NOW + TIMEOUT + 1);
  expect(leased()).toBe(0);
}, 20_000);

test('one alarm stands at the earliest of everything that time does', async () => {
  const fixture = await QueueFixture.open({ max_run_seconds: 40 });
  fixture.enqueue(plainBatch('b', 1));
  const alarms = [fixture.alarm_at];
  const then = (act: () => unknown) => {
    act();
    alarms.push(fixture.alarm_at);
  };
  then(() => fixture.enqueue(plainBatch('deadline', 1, { deadline: NOW + 30_000 })));
  then(() => fixture.enqueue(plainBatch('start', 1, { start_after: NOW + 25_000 })));
  then(() => new ProtocolRunner(fixture).register());
  // Retention looks again after a minute while there is something to look at.
  expect(alarms).toEqual([NOW + 60_000, NOW + 30_000, NOW + 25_000, NOW + TIMEOUT]);
});

describe('leases that are lost before they start', () => {
  const lose = (fixture: QueueFixture, name: string, use: (runner: ProtocolRunner, grants: Grant[]) => void) => {
    const runner = new ProtocolRunner(fixture, name).register();
    use(runner, runner.claim(9));
    fixture.ring(fixture.now + TIMEOUT);
  };

  test('[R20] cost no attempt, and as many in a row as nobody is that unlucky fail the item as RunnerLost', async () => {
    const fixture = await QueueFixture.open({ max_attempts: 1 });
    fixture.enqueue(plainBatch('b', 1));
    for (let round = 1; round < LOSSES_MAX; round++) lose(fixture, `r${round}`, () => {});
    expect(fixture.item(1)).toMatchObject({ status: 'pending', attempts: 0 });
    lose(fixture, 'last', () => {});
    expect(fixture.item(1)).toMatchObject({ status: 'failed', attempts: 0, error_type: 'RunnerLost' });
    expect(fixture.item(1).error_message).toMatch(/20 runners in a row .* "last"/);
  });

  test('[R20] a start begins the count anew; what runners give back, do not name or lose to a recall is not counted', async () => {
    const fixture = await QueueFixture.open({ max_attempts: 1 });
    fixture.enqueue(plainBatch('b', 1));
    const losses = () => fixture.queue.sql.one<{ losses: number }>('SELECT losses FROM items').losses;
    lose(fixture, 'r1', () => {});
    expect(losses()).toBe(1);
    const runner = new ProtocolRunner(fixture, 'r2').register();
    runner.post(...runner.claim(1).map((grant) => entries(grant).released));
    runner.claim(1);
    runner.heartbeat([]);
    runner.claim(1);
    fixture.command('pause', null);
    fixture.command('resume', null);
    runner.claim(1);
    runner.heartbeat([], { draining: true });
    expect(losses()).toBe(1);
    runner.register().claim(1);
    runner.register();
    expect(losses()).toBe(2);
    for (const grant of runner.claim(1)) runner.post(entries(grant).started, entries(grant).released);
    expect(losses()).toBe(0);
  });
});
