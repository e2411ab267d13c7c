import { describe, expect, test, vi } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const pause = (fixture: QueueFixture) => fixture.command('pause', null);
const resume = (fixture: QueueFixture) => fixture.command('resume', null);
const facts = (fixture: QueueFixture) => fixture.log.flatMap((row) => row.body.facts.map((fact) => fact[0]));
const service = (fixture: QueueFixture, user_id: string) =>
  fixture.queue.sql.one<{ service: number }>('SELECT service FROM users WHERE user_id = ?', user_id).service;

/** A runner that runs one item, holds another that has not started, and leaves one. */
async function atWork() {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('b', 3, { user_id: 'ann' }));
  const runner = new ProtocolRunner(fixture).register().connect();
  const [running, waiting] = runner.claim(2);
  if (!running || !waiting) throw new Error('there was work');
  runner.start(running);
  fixture.orders.length = 0;
  return { fixture, runner, running, waiting };
}

describe('pause', () => {
  test('[R14] a paused queue grants nothing, by whatever way a runner asks, and wakes nobody', async () => {
    const { fixture, runner, running } = await atWork();
    pause(fixture);
    const idle = new ProtocolRunner(fixture, 'idle').register().connect();
    expect(idle.claim(9)).toEqual([]);
    expect(idle.heartbeat([])).toMatchObject({ claimable: false });
    expect(runner.heartbeat([running])).toMatchObject({ claimable: false, gone: [] });
    fixture.orders.length = 0;
    fixture.enqueue(plainBatch('more', 2));
    runner.post(entries(running).released);
    fixture.now += 60_000;
    expect(idle.register().connect().claim(9)).toEqual([]);
    expect(fixture.orders).toEqual([]);
  });

  test('what runs goes on and ends; what was granted and has not started is recalled and refunded', async () => {
    const { fixture, runner, running, waiting } = await atWork();
    const charged = service(fixture, 'ann');
    expect(pause(fixture)).toEqual({ is_started: false, is_processing: true });
    expect(fixture.orders).toEqual([
      { order: 'recall', runner_no: 1, leases: [{ item_id: waiting.item_id, fence: waiting.fence }] },
    ]);
    expect(service(fixture, 'ann')).toBeLessThanOrEqual(charged);
    expect(fixture.queue.sql.all('SELECT item_id FROM items WHERE runner_no IS NOT NULL')).toEqual([{ item_id: 1 }]);
    const { running: invocation, result, complete } = entries(running);
    expect(runner.post(invocation, result, complete)).toEqual(['recorded', 'recorded', 'recorded']);
    expect(fixture.statuses()).toEqual(['completed', 'pending', 'pending']);
    expect(pause(fixture)).toEqual({ is_started: false, is_processing: false });
  });

  test('[R15] a start that comes after the recall is stale and changes nothing', async () => {
    const { fixture, runner, waiting } = await atWork();
    pause(fixture);
    expect(runner.start(waiting)).toEqual(['stale']);
    expect(runner.post(entries(waiting).failed, entries(waiting).released)).toEqual(['stale', 'stale']);
    expect(fixture.item(2)).toMatchObject({ status: 'pending', attempts: 0 });
    resume(fixture);
    const [again] = runner.claim(1);
    expect(again).toMatchObject({ item_id: 2, fence: 2 });
    expect(runner.start(waiting)).toEqual(['stale']);
    expect(again && runner.start(again)).toEqual(['recorded']);
  });

  test('a claim whose answer was lost gets after the pause only what still stands', async () => {
    const { fixture, runner } = await atWork();
    pause(fixture);
    expect(runner.claim(2, 1).map((grant) => grant.item_id)).toEqual([1]);
  });

  test('pausing and resuming again changes nothing and tells nobody', async () => {
    const { fixture } = await atWork();
    const said = () => facts(fixture).filter((fact) => fact === 'paused' || fact === 'resumed');
    for (const each of [resume, pause, pause, resume, resume, pause]) each(fixture);
    expect(said()).toEqual(['paused', 'resumed', 'paused']);
  });

  test('a paused queue stays paused when its object starts again', async () => {
    const { fixture } = await atWork();
    pause(fixture);
    fixture.restart();
    expect(new ProtocolRunner(fixture, 'other').register().claim(9)).toEqual([]);
    expect(fixture.read('status', null, person('ann')).processor).toEqual({ is_started: false, is_processing: true });
    expect(resume(fixture)).toEqual({ is_started: true, is_processing: true });
  });

  test('resume wakes as many idle runners as there is work, and only those that can run it', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 2));
    pause(fixture);
    for (const name of ['r1', 'r2', 'r3']) new ProtocolRunner(fixture, name).register().connect().claim(1);
    new ProtocolRunner(fixture, 'other').register({ string: '1.0.0' }).connect().claim(1);
    resume(fixture);
    expect(fixture.orders).toEqual([
      { order: 'wake', runner_no: 1 },
      { order: 'wake', runner_no: 2 },
    ]);
  });
});

test('what a resume looks at does not grow with runners that are alike', async () => {
  const rows = async (runners: number): Promise<number> => {
    const fixture = await QueueFixture.open();
    for (let user = 0; user < 50; user++) fixture.enqueue(plainBatch(`b${user}`, 1, { user_id: `u${user}` }));
    pause(fixture);
    for (let runner = 0; runner < runners; runner++)
      new ProtocolRunner(fixture, `r${runner}`).register().connect().claim(1);
    const { sql } = fixture.queue;
    const all = vi.spyOn(sql, 'all');
    resume(fixture);
    const matches = all.mock.calls.flatMap(([query], call) =>
      query.includes('requirement_no IN') ? [all.mock.results[call]?.value as unknown[]] : [],
    );
    all.mockRestore();
    expect(fixture.orders).toHaveLength(Math.min(50, runners));
    return matches.flat().length;
  };
  expect(await rows(1)).toBe(50);
  expect(await rows(20)).toBe(50);
});
