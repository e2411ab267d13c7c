import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, ProtocolRunner, plainBatch, QueueFixture, RefusedError } from '../../test/support/queue-fixture.ts';

/** Whatever may be done, in a queue with two runners; what does not fit the moment is refused, which is fine here. */
const STEPS = {
  enqueue: (fixture, _runner, n) =>
    fixture.enqueue(
      plainBatch(`b${fixture.log.length}`, 1 + (n % 3), {
        user_id: `user-${n % 4}`,
        lane: n % 2,
        requirement: JSON.stringify({ engine: 1, types: [], models: [`m${n % 3}`] }),
        start_after: n % 5 === 0 ? fixture.now + 5_000 : null,
        deadline: n % 7 === 0 ? fixture.now + 9_000 : null,
      }),
    ),
  claim: (_fixture, runner, n) => runner.claim(1 + (n % 4)),
  run: (_fixture, runner) => runner.claim(1).map((grant) => runner.run(grant)),
  start: (_fixture, runner) => runner.claim(1).map((grant) => runner.start(grant)),
  give_back: (_fixture, runner) => runner.claim(2).map((grant) => runner.post(entries(grant).released)),
  fail: (_fixture, runner) => runner.claim(1).map((grant) => runner.post(entries(grant).failed)),
  forget: (_fixture, runner) => runner.heartbeat([]),
  restart: (_fixture, runner) => runner.register(),
  cancel: (fixture, _runner, n) => fixture.command('cancel_item', 1 + (n % 20)),
  cancel_batch: (fixture, _runner, n) => fixture.command('cancel_by_batch_ids', [fixture.item(1 + (n % 20)).batch_id]),
  retry: (fixture, _runner, n) =>
    fixture.command('retry', { item_ids: [1 + (n % 20), 2 + (n % 20)], idempotency: null }, ADMIN),
  priority: (fixture, _runner, n) => fixture.command('set_priority', { item_id: 1 + (n % 20), priority: n % 3 }),
  move: (fixture, _runner, n) =>
    fixture.command('move_item', { item_id: 1 + (n % 20), beside: { before: 1 + ((n >> 2) % 20) } }),
  pause: (fixture) => fixture.command('pause', null),
  resume: (fixture) => fixture.command('resume', null),
  clear: (fixture, _runner, n) => n % 10 === 0 && fixture.command('clear', null),
  wait: (fixture, _runner, n) => fixture.ring(fixture.now + (n % 2 === 0 ? 1_000 : 20_000)),
} satisfies Record<string, (fixture: QueueFixture, runner: ProtocolRunner, n: number) => unknown>;

/** Backlogs with something claimable that a claim would not find. */
const hidden = (fixture: QueueFixture) =>
  fixture.queue.sql.all(
    `SELECT backlog_no FROM backlogs LEFT JOIN users USING (user_id)
     WHERE start_after <= ? AND (ready = 0 OR queued IS NOT 1)
       AND EXISTS (SELECT 1 FROM items WHERE items.backlog_no = backlogs.backlog_no AND status = 'pending' AND runner_no IS NULL)`,
    fixture.now,
  );

test('whatever happens, a claim finds everything that is claimable', async () => {
  const names = Object.keys(STEPS) as (keyof typeof STEPS)[];
  const steps = fc.array(
    fc.record({
      name: fc.constantFrom(...names, 'enqueue' as const, 'claim' as const),
      n: fc.nat(500),
      second: fc.boolean(),
    }),
    { minLength: 30, maxLength: 80 },
  );
  let done = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom('fair' as const, 'fifo' as const), async (list, order) => {
      const fixture = await QueueFixture.open({ order });
      const runners = ['r1', 'r2'].map((runner_id) => new ProtocolRunner(fixture, runner_id).register());
      for (const { name, n, second } of list) {
        const runner = runners[second ? 1 : 0];
        if (!runner) throw new Error('no runner');
        const step: (fixture: QueueFixture, runner: ProtocolRunner, n: number) => unknown = STEPS[name];
        try {
          step(fixture, runner, n);
          done += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(RefusedError);
        }
        expect(hidden(fixture)).toEqual([]);
      }
    }),
    { numRuns: 100 },
  );
  expect(done).toBeGreaterThan(2_000);
}, 60_000);

test('what is empty is not looked at again: marks go with the last item, however it went', async () => {
  const fixture = await QueueFixture.open();
  const runner = new ProtocolRunner(fixture).register();
  const marks = () =>
    fixture.queue.sql.one(
      'SELECT (SELECT COUNT(*) FROM backlogs WHERE ready = 1) AS ready, (SELECT COUNT(*) FROM users WHERE queued = 1) AS queued',
    );
  fixture.enqueue(plainBatch('a', 2, { user_id: 'ann' }));
  fixture.enqueue(plainBatch('b', 2, { user_id: 'bob' }));
  fixture.enqueue(plainBatch('c', 2, { user_id: 'cat', start_after: fixture.now + 1_000 }));
  expect(marks()).toEqual({ ready: 2, queued: 2 });
  runner.claim(3);
  expect(marks()).toEqual({ ready: 1, queued: 1 });
  fixture.command('cancel_by_batch_ids', ['b']);
  expect(marks()).toEqual({ ready: 0, queued: 0 });
  fixture.ring(fixture.now + 1_000);
  expect(marks()).toEqual({ ready: 1, queued: 1 });
});

test('the mark of a retry, which has no times, goes with it', async () => {
  const fixture = await QueueFixture.open();
  const marks = () => fixture.queue.sql.one('SELECT COUNT(*) AS queued FROM users WHERE queued = 1');
  fixture.enqueue(plainBatch('timed', 2, { user_id: 'ann', deadline: fixture.now + 60_000 }));
  fixture.command('cancel_all', null);
  for (const cancel of [() => fixture.command('cancel_item', 3), () => fixture.command('cancel_all', null)]) {
    fixture.command('retry', { item_ids: [1], idempotency: null });
    expect(marks()).toEqual({ queued: 1 });
    cancel();
    expect(marks()).toEqual({ queued: 0 });
  }
});
