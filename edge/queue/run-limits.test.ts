import { describe, expect, test } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const NOW = 1_000_000;
const GRACE = 2_000;

/** An item that started at NOW and may run so long. */
async function started(seconds: number | null, settings: { max_run_seconds: number | null } = { max_run_seconds: 8 }) {
  const fixture = await QueueFixture.open({ ...settings, runner_timeout_seconds: 3_600 });
  fixture.enqueue(plainBatch('b', 1, { max_run_seconds: seconds }));
  const runner = new ProtocolRunner(fixture).register().connect();
  const [grant] = runner.claim(1);
  if (!grant) throw new Error('there was work');
  runner.start(grant);
  return { fixture, runner, grant };
}

describe('max_run_seconds', () => {
  test('[R19] past it the item fails with what was recorded, and its runner is told to stop', async () => {
    const { fixture, runner, grant } = await started(5);
    runner.post(entries(grant).result);
    expect(fixture.alarm_at).toBe(NOW + 5_000 + GRACE);
    fixture.ring(NOW + 4_999 + GRACE);
    expect(fixture.statuses()).toEqual(['in_progress']);
    fixture.ring(NOW + 5_000 + GRACE);
    expect(fixture.item(1)).toMatchObject({
      status: 'failed',
      error_type: 'TimeoutError',
      error_message: 'The session ran longer than the 5 seconds that it may (max_run_seconds).',
    });
    expect(fixture.orders).toEqual([{ order: 'stop', runner_no: 1, leases: [{ item_id: 1, fence: 1 }] }]);
    expect(runner.post(entries(grant).complete)).toEqual(['gone']);
    expect(fixture.queue.sql.one('SELECT run_check_at FROM queue')).toEqual({ run_check_at: null });
  });

  test('is first its runner’s to keep: what it reports at the limit stands, on the node that was over it', async () => {
    const { fixture, runner, grant } = await started(5);
    runner.post(entries(grant).running);
    fixture.ring(NOW + 5_000);
    const error = { error_type: 'TimeoutError', error_message: 'at n', error_traceback: null };
    expect(runner.post({ ...entries(grant).error, error })).toEqual(['recorded']);
    fixture.ring(NOW + 5_000 + GRACE);
    expect(fixture.item(1)).toMatchObject({ status: 'failed', error_message: 'at n' });
    expect(fixture.orders.filter(({ order }) => order === 'stop')).toEqual([]);
  });

  test('is the batch’s, else the queue’s, else none', async () => {
    for (const [batch, queue, limit] of [
      [5, 8, 5],
      [20, 8, 20],
      [null, 8, 8],
      [5, null, 5],
      [null, null, null],
    ] as const) {
      const { fixture } = await started(batch, { max_run_seconds: queue });
      const { run_until } = fixture.queue.sql.one<{ run_until: number | null }>('SELECT run_until FROM items');
      expect(run_until).toBe(limit === null ? null : NOW + limit * 1_000 + GRACE);
    }
  });

  test('counts from each start: what is given back or lost has its whole time again', async () => {
    const { fixture, runner, grant } = await started(5);
    fixture.now = NOW + 4_000;
    runner.post(entries(grant).released);
    fixture.ring(NOW + 6_000 + GRACE);
    expect(fixture.statuses()).toEqual(['pending']);
    const [again] = runner.claim(1);
    if (!again) throw new Error('there was work');
    runner.start(again);
    fixture.ring(NOW + 12_999 + GRACE);
    expect(fixture.statuses()).toEqual(['in_progress']);
    fixture.ring(NOW + 13_000 + GRACE);
    expect(fixture.statuses()).toEqual(['failed']);
  });

  test('the queue is written to for it only when an earlier limit starts, or when one was reached', async () => {
    const fixture = await QueueFixture.open({ max_run_seconds: 10, runner_timeout_seconds: 3_600 });
    const runner = new ProtocolRunner(fixture).register();
    const check = () =>
      fixture.queue.sql.one<{ run_check_at: number | null }>('SELECT run_check_at FROM queue').run_check_at;
    const begin = (batch_id: string, max_run_seconds: number | null) => {
      fixture.enqueue(plainBatch(batch_id, 1, { max_run_seconds }));
      const [grant] = runner.claim(1);
      if (!grant) throw new Error('there was work');
      runner.start(grant);
      return grant;
    };
    const first = begin('a', null);
    expect(check()).toBe(NOW + 10_000 + GRACE);
    fixture.now += 1_000;
    begin('b', null);
    expect(check()).toBe(NOW + 10_000 + GRACE);
    const short = begin('c', 2);
    expect(check()).toBe(NOW + 3_000 + GRACE);
    runner.post(entries(first).result, entries(first).complete, entries(short).result, entries(short).complete);
    fixture.ring(NOW + 3_000 + GRACE);
    expect(check()).toBe(NOW + 11_000 + GRACE);
    fixture.ring(NOW + 11_000 + GRACE);
    expect(fixture.statuses()).toEqual(['completed', 'failed', 'completed']);
    expect(check()).toBeNull();
  });

  test('[R9] the time that the queue itself was away does not count', async () => {
    const { fixture, runner, grant } = await started(60);
    // Somebody's alarm was due shortly after it went away.
    fixture.enqueue(plainBatch('later', 1, { start_after: NOW + 10_000 }));
    fixture.restart();
    fixture.ring(NOW + 100_000);
    expect(runner.heartbeat([grant])).toMatchObject({ gone: [] });
    const until = NOW + 60_000 + GRACE + 90_000;
    fixture.ring(until - 1);
    expect(fixture.item(1).status).toBe('in_progress');
    fixture.ring(until);
    expect(fixture.item(1)).toMatchObject({ status: 'failed', error_type: 'TimeoutError' });
  });
});
