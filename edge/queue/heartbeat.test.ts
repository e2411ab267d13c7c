import { describe, expect, test } from 'vitest';
import { CLAIM_ITEMS_MAX, HELD_LEASES_MAX } from '../../contract/limits.ts';
import { HeartbeatBody } from '../../contract/runner/heartbeat.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

async function withTwoClaims() {
  const fixture = await QueueFixture.open();
  fixture.enqueue();
  const runner = new ProtocolRunner(fixture).register();
  const [first] = runner.claim(1);
  const [second] = runner.claim(1);
  if (!first || !second) throw new Error('there was work');
  return { fixture, runner, first, second };
}

describe('heartbeats that are late', () => {
  test('[R7] one that was overtaken by two claims gives nothing up', async () => {
    const { runner, first, second } = await withTwoClaims();
    runner.start(second);
    const [third] = runner.claim(1);
    expect(runner.heartbeat([first], { claim: 1 })).toMatchObject({ gone: [], claimable: false });
    expect(runner.run(second)).toEqual(['repeated', 'recorded', 'recorded', 'recorded']);
    expect(third && runner.run(third)).toEqual(['recorded', 'recorded', 'recorded', 'recorded']);
  });

  test('[R7] a runner that is drained gives up the claim whose answer it never got', async () => {
    const { fixture, runner, first } = await withTwoClaims();
    runner.run(first);
    runner.heartbeat([], { claim: 1, draining: true });
    expect(new ProtocolRunner(fixture, 'other').register().claim(9)).toMatchObject([{ item_id: 2 }, { item_id: 3 }]);
  });

  test('a runner that was lost is not brought back by its socket', async () => {
    const { fixture, runner } = await withTwoClaims();
    fixture.now += 15_000;
    fixture.take(fixture.queue.runnerConnected(fixture.at, 1));
    expect(fixture.statuses()).toEqual(['pending', 'pending', 'pending']);
    expect(() => runner.claim(1)).toThrow(/register again/);
  });
});

describe('heartbeats that name very much', () => {
  test('[R21] a runner is never granted more than a heartbeat of it can name', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', HELD_LEASES_MAX + 10));
    const runner = new ProtocolRunner(fixture).register();
    const held = [];
    for (let claim = 0; claim < HELD_LEASES_MAX; claim += CLAIM_ITEMS_MAX) held.push(...runner.claim(CLAIM_ITEMS_MAX));
    expect(held).toHaveLength(HELD_LEASES_MAX);
    expect(runner.claim(1)).toEqual([]);
    expect(runner.heartbeat(held)).toMatchObject({ canceled: [], gone: [], claimable: false });
    expect(HeartbeatBody.shape.held.safeParse(held.map(({ item_id, fence }) => ({ item_id, fence }))).success).toBe(
      true,
    );
    const [done, ...others] = held;
    if (done) runner.run(done);
    expect(runner.heartbeat(others)).toMatchObject({ gone: [], claimable: true });
    expect(runner.claim(9)).toMatchObject([{ item_id: HELD_LEASES_MAX + 1 }]);
  });

  test('[R7] of thousands that are held, those that it does not name are free, and no other', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', HELD_LEASES_MAX));
    const runner = new ProtocolRunner(fixture).register();
    const held = runner.claim(HELD_LEASES_MAX);
    fixture.command('cancel_item', 7);
    expect(runner.heartbeat(held.filter(({ item_id }) => item_id % 1_000 !== 0))).toMatchObject({
      canceled: [7],
      gone: [],
    });
    const other = new ProtocolRunner(fixture, 'other').register();
    expect(other.claim(9).map(({ item_id }) => item_id)).toEqual([1_000, 2_000]);
    expect(runner.heartbeat(held)).toMatchObject({ gone: [1_000, 2_000] });
  });

  test('an item that was removed is gone', async () => {
    const { fixture, runner, first } = await withTwoClaims();
    fixture.command('cancel_item', first.item_id);
    fixture.queue.sql.all('UPDATE items SET deleted = 1 WHERE item_id = ?', first.item_id);
    expect(runner.heartbeat([first])).toMatchObject({ gone: [first.item_id], canceled: [] });
    expect(runner.run(first)).toEqual(['gone', 'gone', 'gone', 'gone']);
  });
});

describe('a time-out that its owner shortens', () => {
  const configure = (fixture: QueueFixture, seconds: number, version: number) =>
    fixture.queue.configure('q', { ...fixture.queue.settings, runner_timeout_seconds: seconds }, version);

  async function told(seconds: number) {
    const fixture = await QueueFixture.open({ runner_timeout_seconds: seconds });
    fixture.enqueue(plainBatch('b', 1));
    const runner = new ProtocolRunner(fixture).register().connect();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('there was work');
    return { fixture, runner, grant };
  }

  test('[R23] counts for a runner once it says that it goes by it, and not a moment sooner', async () => {
    const { fixture, runner, grant } = await told(60);
    configure(fixture, 3, 2);
    // It goes by what it was told: its next beat comes after twenty seconds, and the answer to that one is lost.
    fixture.ring(fixture.now + 20_000);
    expect(runner.heartbeat([grant], { timeout_seconds: 60 })).toMatchObject({ gone: [], timeout_seconds: 3 });
    fixture.ring(fixture.now + 59_000);
    expect(runner.heartbeat([grant], { timeout_seconds: 60 })).toMatchObject({ gone: [], timeout_seconds: 3 });
    fixture.now += 1_000;
    expect(runner.heartbeat([grant], { timeout_seconds: 3 })).toMatchObject({ gone: [] });
    // That beat could still have been on its way for long; from the next one on it is lost after three seconds.
    runner.heartbeat([grant], { timeout_seconds: 3 });
    fixture.ring(fixture.alarm_at ?? 0);
    fixture.ring(fixture.now + 3_000);
    expect(fixture.log.at(-1)?.body.facts.map(([name]) => name)).toContain('runner_lost');
  });

  test('counts at once for one that does not say what it goes by: it has heard what it was told', async () => {
    const { fixture, runner, grant } = await told(60);
    configure(fixture, 3, 2);
    runner.heartbeat([grant]);
    fixture.now += 1;
    runner.heartbeat([grant]);
    const until = fixture.queue.sql.one<{ expires_at: number }>('SELECT expires_at FROM runners').expires_at;
    expect(until - fixture.now).toBe(3_000);
  });

  test('neither its socket nor an outage takes from a runner what it was told', async () => {
    const { fixture, runner, grant } = await told(60);
    configure(fixture, 3, 2);
    runner.connect();
    fixture.ring(fixture.now + 50_000);
    expect(runner.heartbeat([grant], { timeout_seconds: 60 })).toMatchObject({ gone: [] });
    fixture.ring((fixture.alarm_at ?? 0) + 100_000);
    fixture.ring(fixture.now + 50_000);
    expect(runner.heartbeat([grant], { timeout_seconds: 60 })).toMatchObject({ gone: [] });
  });

  test('a longer one counts at once', async () => {
    const { fixture, runner, grant } = await told(3);
    configure(fixture, 60, 2);
    expect(runner.heartbeat([grant], { timeout_seconds: 3 })).toMatchObject({ timeout_seconds: 60 });
    fixture.ring(fixture.now + 59_000);
    expect(runner.heartbeat([grant], { timeout_seconds: 60 })).toMatchObject({ gone: [] });
  });
});

describe('a runner that an admin drains', () => {
  test('is told at once and by every answer, is given nothing more, and works again when it registers', async () => {
    const { fixture, runner, first } = await withTwoClaims();
    runner.start(first);
    for (const _ of [1, 2]) {
      fixture.command('drain_runner', 'r1');
      expect(fixture.orders.at(-1)).toEqual({ order: 'drain', runner_no: 1 });
    }
    expect(runner.claim(1)).toEqual([]);
    expect(runner.heartbeat([first])).toMatchObject({ drain: true, claimable: false });
    fixture.enqueue(plainBatch('later', 1));
    expect(fixture.orders.filter(({ order }) => order === 'wake')).toEqual([]);
    expect(runner.post(entries(first).running, entries(first).result, entries(first).complete)).toEqual([
      'recorded',
      'recorded',
      'recorded',
    ]);
    runner.register();
    expect(runner.heartbeat([])).toMatchObject({ drain: false, claimable: true });
    expect(runner.claim(1)).toHaveLength(1);
  });

  test('that is unknown, or has gone, is not found', async () => {
    const { fixture, runner } = await withTwoClaims();
    runner.heartbeat([], { draining: true });
    for (const runner_id of ['r1', 'r2'])
      expect(() => fixture.command('drain_runner', runner_id)).toThrow(`The queue has no runner "${runner_id}".`);
  });
});
