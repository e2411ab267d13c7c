import { describe, expect, test } from 'vitest';
import type { Principal } from '../../contract/store/key.ts';
import { aChain, call, factsSince } from '../../test/support/chain-fixture.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { ACTIVE, counted } from './selection.ts';

/** Two users, two destinations; of ann's five items the first has completed, the second runs, the third is leased. */
async function aQueue() {
  const fixture = await QueueFixture.open();
  fixture.enqueue(plainBatch('of-ann', 5, { user_id: 'ann', destination: 'canvas' }));
  const runner = new ProtocolRunner(fixture).register();
  const [done, running, leased] = runner.claim(3).sort((a, b) => a.item_id - b.item_id);
  if (!done || !running || !leased) throw new Error('no grants');
  runner.run(done);
  runner.start(running);
  fixture.enqueue(plainBatch('of-bob', 2, { user_id: 'bob', destination: 'canvas' }));
  fixture.enqueue(plainBatch('elsewhere', 2, { user_id: 'ann', destination: 'gallery' }));
  return { fixture, runner, running, leased };
}

const statusesOf = (fixture: QueueFixture) =>
  fixture
    .statuses()
    .map((status) => status.slice(0, 4))
    .join(' ');

describe('cancel many', () => {
  test('[Q117] by destination: everything that runs has an event each, the others share one, and all are counted', async () => {
    const { fixture, running, leased } = await aQueue();
    expect(fixture.command('cancel_by_destination', 'canvas')).toEqual({ canceled: 6 });
    expect(statusesOf(fixture)).toBe('comp canc canc canc canc canc canc pend pend');
    expect(fixture.log.at(-1)?.body.facts).toEqual([
      [
        'canceled',
        [
          [1, 3, 5],
          [2, 6, 7],
        ],
      ],
      ['status', running.item_id, 1, 'canceled', 2, 'cpu'],
    ]);
    // The lease that had not started is told too.
    expect(fixture.orders.filter(({ order }) => order === 'cancel')).toEqual([
      { order: 'cancel', runner_no: 1, item_ids: [leased.item_id] },
      { order: 'cancel', runner_no: 1, item_ids: [running.item_id] },
    ]);
    const logged = fixture.log.length;
    expect(fixture.command('cancel_by_destination', 'canvas')).toEqual({ canceled: 0 });
    expect(fixture.log).toHaveLength(logged);
    expect(fixture.read('status', null).queue).toMatchObject({ completed: 1, canceled: 6, pending: 2, in_progress: 0 });
  });

  test('[Q121] each reaches their own, an admin everybody’s', async () => {
    const calls: [Principal, string][] = [
      [person('bob'), 'comp in_p pend pend pend canc canc pend pend'],
      [person('ann'), 'comp canc canc canc canc pend pend canc canc'],
      [person('cy'), 'comp in_p pend pend pend pend pend pend pend'],
      [ADMIN, 'comp canc canc canc canc canc canc canc canc'],
    ];
    for (const [principal, expected] of calls) {
      const { fixture } = await aQueue();
      const { canceled } = fixture.command('cancel_all', null, principal);
      expect(statusesOf(fixture)).toBe(expected);
      expect(canceled).toBe(expected.split('canc').length - 1);
    }
  });

  test('[Q121] by destination and by batch too, a caller reaches their own', async () => {
    const { fixture } = await aQueue();
    expect(fixture.command('cancel_by_destination', 'canvas', person('bob'))).toEqual({ canceled: 2 });
    expect(fixture.command('cancel_by_batch_ids', ['of-ann', 'of-bob'], person('bob'))).toEqual({ canceled: 0 });
    expect(statusesOf(fixture)).toBe('comp in_p pend pend pend canc canc pend pend');
  });

  test('[Q118] all except current: what runs goes on, what is only leased does not', async () => {
    const { fixture, runner, running, leased } = await aQueue();
    expect(fixture.command('cancel_all_except_current', null, person('ann'))).toEqual({ canceled: 5 });
    expect(statusesOf(fixture)).toBe('comp in_p canc canc canc pend pend canc canc');
    expect(fixture.command('cancel_all_except_current', null)).toEqual({ canceled: 2 });
    const { running: began, result, complete } = entries(running);
    expect(runner.post(began, result, complete)).toEqual(['recorded', 'recorded', 'recorded']);
    expect(runner.start(leased)).toEqual(['repeated']);
    expect(fixture.command('cancel_all_except_current', null)).toEqual({ canceled: 0 });
  });

  test('retried items lie outside their batch’s ids and are canceled with it', async () => {
    const { fixture } = await aQueue();
    fixture.command('cancel_by_batch_ids', ['of-bob']);
    fixture.command('retry', { item_ids: [6, 7], idempotency: null });
    expect(fixture.command('cancel_by_batch_ids', ['of-bob'])).toEqual({ canceled: 2 });
    expect(fixture.log.at(-1)?.body.facts).toEqual([['canceled', [[2, 10, 11]]]]);
    expect(fixture.item(10)).toMatchObject({ status: 'canceled', batch_id: 'of-bob' });
  });

  test('finished batches are not walked through', async () => {
    const { fixture } = await aQueue();
    const plan = fixture.queue.sql.all<{ detail: string }>(
      `EXPLAIN QUERY PLAN SELECT batch_no FROM batches WHERE ${counted(ACTIVE)} > 0`,
    );
    expect(plan.map(({ detail }) => detail).join()).toContain('batches_open');
  });

  test('what was charged for leases that did not start is given back', async () => {
    const { fixture } = await aQueue();
    fixture.queue.sql.all('UPDATE items SET charge = 7 WHERE runner_no IS NOT NULL');
    fixture.queue.sql.all(`UPDATE users SET service = 14 WHERE user_id = 'ann'`);
    fixture.command('cancel_all', null);
    expect(fixture.queue.sql.get(`SELECT service FROM users WHERE user_id = 'ann'`)).toEqual({ service: 0 });
  });
});

describe('chains', () => {
  test('[Q123] [A148] cancel from the parent or from any child cancels the whole chain, each with an event', async () => {
    for (const item_id of [1, 2, 3, 4, 5]) {
      const fixture = await QueueFixture.open();
      const { runner, grants } = await aChain(fixture);
      for (const id of [2, 4]) runner.start(grants.get(id) as never);
      const logged = fixture.log.length;
      expect(fixture.command('cancel_item', item_id, person('ann'))).toMatchObject({ item_id, status: 'canceled' });
      const facts = factsSince(fixture, logged);
      expect(facts.map(([kind, id, , status]) => [kind, id, status])).toEqual(
        [1, 2, 3, 4, 5].map((id) => ['status', id, 'canceled']),
      );
      expect(statusesOf(fixture)).toBe('canc canc canc canc canc');
      expect(fixture.orders.at(-1)).toEqual({ order: 'cancel', runner_no: 1, item_ids: [2, 4, 5] });
      expect(fixture.read('status', null).queue).toMatchObject({ waiting: 0, pending: 0, in_progress: 0, canceled: 5 });
    }
  });

  test('[Q123] [A148] a cancel by batch takes the chain along, upwards and downwards', async () => {
    for (const batch_id of ['root', 'call-outer', 'call-inner']) {
      const fixture = await QueueFixture.open();
      await aChain(fixture);
      fixture.enqueue(plainBatch('other', 1, { user_id: 'ann' }));
      expect(fixture.command('cancel_by_batch_ids', [batch_id], person('ann'))).toEqual({ canceled: 5 });
      expect(statusesOf(fixture)).toBe('canc canc canc canc canc pend');
    }
  });

  test('[Q123] of several chains of one batch, a cancel takes those that it names a part of', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('roots', 3, { user_id: 'ann' }));
    const runner = new ProtocolRunner(fixture).register();
    const grants = runner.claim(2);
    for (const grant of grants) {
      runner.start(grant);
      call(fixture, grant, `of-${grant.item_id}`, 2);
    }
    expect(statusesOf(fixture)).toBe('wait wait pend pend pend pend pend');
    expect(fixture.command('cancel_by_batch_ids', ['call-of-2'], person('ann'))).toEqual({ canceled: 3 });
    expect(statusesOf(fixture)).toBe('wait canc pend pend pend canc canc');
    expect(fixture.command('cancel_by_batch_ids', ['roots', 'call-of-1'], person('ann'))).toEqual({ canceled: 4 });
    expect(statusesOf(fixture)).toBe('canc canc canc canc canc canc canc');
  });

  test('[Q118] the chain of what runs stays, and between two of its items the chain whose child comes next', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    fixture.enqueue(plainBatch('other', 2, { user_id: 'ann' }));
    fixture.enqueue(plainBatch('of-bob', 1, { user_id: 'bob' }));
    expect(fixture.command('cancel_all_except_current', null, person('ann'))).toEqual({ canceled: 2 });
    expect(statusesOf(fixture)).toBe('wait pend wait pend pend canc canc pend');
    runner.start(grants.get(4) as never);
    expect(fixture.command('cancel_all_except_current', null)).toEqual({ canceled: 1 });
    expect(statusesOf(fixture)).toBe('wait pend wait in_p pend canc canc canc');
  });

  test('[Q118] while something else runs, a chain that only waits goes', async () => {
    const fixture = await QueueFixture.open();
    const { runner } = await aChain(fixture);
    fixture.enqueue(plainBatch('other', 1, { user_id: 'ann' }));
    for (const grant of runner.claim(1)) runner.start(grant);
    expect(fixture.command('cancel_all_except_current', null, person('ann'))).toEqual({ canceled: 5 });
    expect(statusesOf(fixture)).toBe('canc canc canc canc canc in_p');
  });
});
