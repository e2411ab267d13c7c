import { describe, expect, test } from 'vitest';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const TIMEOUT = 15_000;
const IDLE = 180_000;

const listed = (fixture: QueueFixture): number =>
  fixture.queue.sql.one<{ listed: number }>('SELECT COUNT(*) AS listed FROM runners WHERE expires_at IS NOT NULL')
    .listed;

/** A runner that claimed in vain, and whose socket is open. */
async function idle() {
  const fixture = await QueueFixture.open();
  const runner = new ProtocolRunner(fixture).register().connect();
  runner.claim(1);
  const start = fixture.now;
  return { fixture, runner, start };
}

describe('[R22] an idle runner', () => {
  test('that only answers pings stays, and costs the queue an alarm now and then', async () => {
    const { fixture, runner, start } = await idle();
    let rang = 0;
    for (; fixture.now < start + 20 * IDLE; rang++) {
      const at = fixture.alarm_at ?? Number.POSITIVE_INFINITY;
      fixture.pongs.set(runner.runner_no, at - 10_000);
      fixture.ring(at);
    }
    expect(listed(fixture)).toBe(1);
    expect(rang).toBeLessThan(25);
    fixture.enqueue(plainBatch('b', 1));
    expect(fixture.orders).toContainEqual({ order: 'wake', runner_no: runner.runner_no });
    expect(runner.claim(1)).toHaveLength(1);
  });

  test('whose socket answers no more is lost, a little later', async () => {
    const { fixture, start } = await idle();
    fixture.ring(start + TIMEOUT);
    expect(fixture.alarm_at).toBe(start + IDLE);
    fixture.ring(start + IDLE);
    expect([listed(fixture), fixture.log.at(-1)?.body.facts[0]?.[0]]).toEqual([0, 'runner_lost']);
  });

  test('does not live longer for a clock that went back', async () => {
    const { fixture, start } = await idle();
    const back = start - 3_600_000;
    fixture.ring(back);
    fixture.ring(back + TIMEOUT);
    expect(fixture.alarm_at).toBe(back + TIMEOUT + IDLE);
    fixture.ring(back + TIMEOUT + IDLE);
    expect(listed(fixture)).toBe(0);
  });

  test('whose socket closed is lost as soon as any', async () => {
    const { fixture, runner, start } = await idle();
    fixture.pongs.set(runner.runner_no, start);
    runner.disconnect();
    fixture.ring(start + TIMEOUT / 3);
    expect(listed(fixture)).toBe(0);
  });

  test('is not one that holds something: what answers is its socket, not its work', async () => {
    const { fixture, runner, start } = await idle();
    fixture.enqueue(plainBatch('b', 1));
    runner.claim(1);
    fixture.pongs.set(runner.runner_no, start + TIMEOUT);
    fixture.ring(start + TIMEOUT);
    expect(listed(fixture)).toBe(0);
    expect(new ProtocolRunner(fixture, 'other').register().claim(1)).toHaveLength(1);
  });
});
