import { describe, expect, test } from 'vitest';
import { ProtocolRunner, QueueFixture } from '../../test/support/queue-fixture.ts';

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
