/** Runners of very different speed work through a batch in simulated time: nobody idles, and little is handed on twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const STEP_MS = 500;
const HEARTBEAT_MS = 5_000;

/** Holds `ahead` items besides the one that it runs, as an agent whose measured pace is long out of date. */
class SimulatedRunner extends ProtocolRunner {
  readonly waiting: Grant[] = [];
  running: { grant: Grant; until: number } | null = null;
  granted = 0;
  idleSteps = 0;
  #dry = false;

  step(now: number, pace: number, ahead: number): void {
    if (this.running && now >= this.running.until) {
      const { result, complete } = entries(this.running.grant);
      expect(this.post(result, complete)).toEqual(['recorded', 'recorded']);
      this.running = null;
      this.#dry = false;
    }
    const room = ahead + (this.running ? 0 : 1) - this.waiting.length;
    if (room > 0 && !this.#dry) {
      const grants = this.claim(room);
      this.#dry = grants.length < room;
      this.granted += grants.length;
      this.waiting.push(...grants);
    }
    const next = this.running ? undefined : this.waiting.shift();
    if (next) {
      expect(this.post(entries(next).started)).toEqual(['recorded']);
      this.running = { grant: next, until: now + pace };
    }
    if (!this.running) this.idleSteps++;
    if (now % HEARTBEAT_MS === 0) {
      const held = [...(this.running ? [this.running.grant] : []), ...this.waiting];
      if (this.heartbeat(held).claimable) this.#dry = false;
    }
  }

  recall(item_ids: readonly number[]): void {
    const kept = this.waiting.filter((grant) => !item_ids.includes(grant.item_id));
    this.waiting.splice(0, Number.POSITIVE_INFINITY, ...kept);
  }
}

test('[R17] work that waits at a slow runner goes to whoever is idle, once and not to and fro', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ pace: fc.constantFrom(500, 2_000, 30_000), ahead: fc.integer({ min: 1, max: 20 }) }), {
        minLength: 2,
        maxLength: 4,
      }),
      fc.integer({ min: 1, max: 40 }),
      async (speeds, count) => {
        const fixture = await QueueFixture.open();
        const runners = speeds.map((_, no) => new SimulatedRunner(fixture, `r${no}`).register().connect());
        fixture.enqueue(plainBatch('b', count));
        const open = () => {
          const { pending, in_progress } = fixture.read('status', null).queue;
          return { pending, in_progress };
        };
        for (let left = open(); left.pending + left.in_progress > 0; left = open()) {
          const idleBefore = runners.map((runner) => runner.idleSteps);
          for (const [no, runner] of runners.entries()) {
            const { pace, ahead } = speeds[no] ?? { pace: 0, ahead: 0 };
            runner.step(fixture.now, pace, ahead);
            for (const order of fixture.orders.splice(0))
              if (order.order === 'recall')
                runners[order.runner_no - 1]?.recall(order.leases.map((lease) => lease.item_id));
          }
          const most = Math.max(...runners.map((runner) => runner.waiting.length + (runner.running ? 1 : 0)));
          for (const [no, runner] of runners.entries()) {
            if (runner.idleSteps === idleBefore[no] || most < 2) runner.idleSteps = 0;
            // A heartbeat of the holder, then one of the idle runner, after what is granted has waited.
            expect(runner.idleSteps * STEP_MS).toBeLessThanOrEqual(2 * HEARTBEAT_MS + 2_000);
          }
          fixture.now += STEP_MS;
        }
        expect(fixture.read('status', null).queue).toMatchObject({ completed: count, failed: 0 });
        const granted = runners.reduce((sum, runner) => sum + runner.granted, 0);
        expect(granted).toBeLessThanOrEqual(3 * count + runners.length);
      },
    ),
    { numRuns: 40 },
  );
});
