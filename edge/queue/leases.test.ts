/** Leases under everything at once: pauses, better work, idle runners, lost ones, limits, outages and bad clocks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture, RefusedError } from '../../test/support/queue-fixture.ts';

const IDLE_SILENCE_MS = 180_000;
const TIMEOUT_MS = 15_000;
/** Instead of an alarm: the queue was not called since the clock moved, so it could not see to it. */
const NOT_CALLED = -1;

const enqueues = fc.record({
  do: fc.constant('enqueue' as const),
  count: fc.integer({ min: 1, max: 6 }),
  user_id: fc.constantFrom('ann', 'bob'),
  lane: fc.integer({ min: 0, max: 1 }),
  priority: fc.integer({ min: -1, max: 1 }),
  prepend: fc.boolean(),
  start_after: fc.constantFrom(null, 3_000, 40_000),
  deadline: fc.constantFrom(null, null, 5_000, 60_000),
  max_run_seconds: fc.constantFrom(null, 2, 30),
});
const acts = fc.record({
  do: fc.constantFrom(
    'register',
    'connect',
    'disconnect',
    'claim',
    'claim',
    'start',
    'start',
    'finish',
    'give back',
    'beat',
    'forget',
  ),
  runner: fc.nat(2),
  count: fc.integer({ min: 0, max: 5 }),
});
const turns = fc.record({ do: fc.constantFrom('pause', 'resume', 'restart') });
const times = fc.record({
  do: fc.constant('time' as const),
  ms: fc.constantFrom(0, 100, 2_500, 5_500, 16_000, 600_000, -1, -3_600_000),
  rings: fc.boolean(),
});
const step = fc.oneof(
  { weight: 2, arbitrary: enqueues },
  { weight: 8, arbitrary: acts },
  { weight: 1, arbitrary: turns },
  { weight: 2, arbitrary: times },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

class Member extends ProtocolRunner {
  readonly held = new Map<number, Grant>();
  readonly started = new Set<number>();
}

class World {
  readonly fixture: QueueFixture;
  readonly runners: Member[];
  #batches = 0;
  #latest = 0;

  constructor(fixture: QueueFixture) {
    this.fixture = fixture;
    this.runners = ['r1', 'r2', 'r3'].map((name) => new Member(fixture, name).register());
  }

  take(next: Step): void {
    const { fixture } = this;
    switch (next.do) {
      case 'enqueue': {
        const at = (ms: number | null) => ms && fixture.now + ms;
        const { count, start_after, deadline, do: _, ...over } = next;
        const times = { start_after: at(start_after), deadline: at(deadline) };
        fixture.enqueue(plainBatch(`b${++this.#batches}`, count, { ...over, ...times }));
        return;
      }
      case 'pause':
      case 'resume':
        fixture.command(next.do, null);
        return;
      case 'restart':
        fixture.restart();
        return;
      case 'time':
        this.#latest = Math.max(this.#latest, fixture.now, fixture.now + next.ms);
        fixture.now += next.ms;
        if (next.rings) fixture.ring(fixture.now);
        return;
      default:
        this.#act(this.runners[next.runner] as Member, next.do, next.count);
    }
  }

  /** A runner that was lost registers again, as an agent does. */
  #act(runner: Member, what: Extract<Step, { runner: number }>['do'], count: number): void {
    const some = [...runner.held.values()].slice(0, count);
    try {
      if (what === 'register') this.#renew(runner);
      else if (what === 'connect') runner.connect();
      else if (what === 'disconnect') runner.disconnect();
      else if (what === 'claim') for (const grant of runner.claim(count)) runner.held.set(grant.item_id, grant);
      else if (what === 'start') this.#post(runner, some, (grant) => [entries(grant).started]);
      else if (what === 'finish')
        this.#post(runner, some, (grant) => [entries(grant).started, entries(grant).result, entries(grant).complete]);
      else if (what === 'give back') this.#post(runner, some, (grant) => [entries(grant).released]);
      else {
        if (what === 'forget') for (const { item_id } of some) runner.held.delete(item_id);
        const { gone, canceled } = runner.heartbeat([...runner.held.values()]);
        for (const item_id of [...gone, ...canceled]) runner.held.delete(item_id);
      }
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      expect(error.message).toMatch(/register again/);
      this.#renew(runner);
    }
  }

  #renew(runner: Member): void {
    runner.held.clear();
    runner.register();
  }

  #post(runner: Member, grants: readonly Grant[], said: (grant: Grant) => Parameters<Member['post']>): void {
    for (const grant of grants) {
      const answers = runner.post(...said(grant));
      const over = answers.some((answer) => answer === 'stale' || answer === 'gone');
      if (over || said(grant).some(({ kind }) => kind === 'session_complete' || kind === 'session_released'))
        runner.held.delete(grant.item_id);
    }
  }

  check(): void {
    const { fixture } = this;
    const { sql } = fixture.queue;
    const wrong = (what: string) =>
      sql.all(
        `SELECT item_id, items.status, items.runner_no FROM items LEFT JOIN runners USING (runner_no) WHERE ${what}`,
      );
    expect(wrong(`status = 'in_progress' AND items.runner_no IS NULL`)).toEqual([]);
    expect(wrong(`status NOT IN ('pending', 'in_progress') AND items.runner_no IS NOT NULL`)).toEqual([]);
    expect(wrong('items.runner_no IS NOT NULL AND expires_at IS NULL')).toEqual([]);
    expect(wrong('(charge IS NULL) <> (items.runner_no IS NULL)')).toEqual([]);
    expect(wrong(`run_until IS NOT NULL AND status <> 'in_progress'`)).toEqual([]);
    const { paused, run_check_at, ...counted } = sql.one<Record<string, number | null>>(
      'SELECT paused, run_check_at, pending, in_progress, completed, failed FROM queue',
    );
    const real = sql.one(
      `SELECT SUM(status = 'pending') AS pending, SUM(status = 'in_progress') AS in_progress,
         SUM(status = 'completed') AS completed, SUM(status = 'failed') AS failed FROM (SELECT status FROM items UNION ALL SELECT '')`,
    );
    expect(counted).toEqual(real);
    if (paused) expect(wrong(`status = 'pending' AND items.runner_no IS NOT NULL`)).toEqual([]);
    const { earliest } = sql.one<{ earliest: number | null }>('SELECT MIN(run_until) AS earliest FROM items');
    if (earliest !== null && Number(counted.in_progress) > 0) expect(run_check_at).toBeLessThanOrEqual(earliest);
    const living = sql.all('SELECT 1 FROM runners WHERE expires_at IS NOT NULL').length > 0;
    if (living && fixture.alarm_at !== NOT_CALLED) {
      expect(fixture.alarm_at).not.toBeNull();
      // Whoever holds nothing may be silent for longer.
      const isHeld = sql.all('SELECT 1 FROM items WHERE runner_no IS NOT NULL').length > 0;
      expect(fixture.alarm_at).toBeLessThanOrEqual(fixture.now + (isHeld ? TIMEOUT_MS : IDLE_SILENCE_MS));
    }
    for (const order of fixture.orders.splice(0)) {
      if (order.order !== 'wake') continue;
      expect(paused).toBe(0);
      const to = sql.one('SELECT connected, draining FROM runners WHERE runner_no = ?', order.runner_no);
      expect(to).toEqual({ connected: 1, draining: 0 });
    }
  }

  /** Everything comes to an end once the queue runs, time goes on, and one runner works. */
  finish(): void {
    const { fixture } = this;
    // Once the clock is right again, everything that had a time has come.
    fixture.now = Math.max(fixture.now, this.#latest) + 60_000;
    fixture.command('resume', null);
    const worker = new Member(fixture, 'worker').register();
    for (let round = 0; round < 20; round++) {
      fixture.now += 5_000;
      fixture.ring(fixture.now);
      for (const grant of worker.claim(200)) expect(worker.run(grant)).not.toContain('stale');
      this.check();
    }
    const { pending, in_progress } = fixture.read('status', null).queue;
    expect({ pending, in_progress }).toEqual({ pending: 0, in_progress: 0 });
  }
}

test('[R14] whatever happens, no lease is left behind and every item comes to its end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80, size: 'max' }), async (steps) => {
      const fixture = await QueueFixture.open({ max_run_seconds: 20 });
      fixture.now = 1_800_000_000_000;
      const world = new World(fixture);
      for (const next of steps) {
        fixture.alarm_at = NOT_CALLED;
        world.take(next);
        world.check();
      }
      world.finish();
    }),
    { numRuns: 60 },
  );
}, 30_000);
