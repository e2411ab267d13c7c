import { describe, expect, test } from 'vitest';
import type { Principal } from '../../contract/store/key.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, aBatch, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

describe('enqueue', () => {
  test('[B1] items follow the batch in order, each with its own values', async () => {
    const fixture = await QueueFixture.open();
    const groups = [
      {
        length: 2,
        fields: [{ node_path: 'n', field_name: 'value' }],
        chunks: [
          { first: 0, body: '[[1]]' },
          { first: 1, body: '[[2]]' },
        ],
      },
      {
        length: 3,
        fields: [{ node_path: 'n', field_name: 'use_cache' }],
        chunks: [{ first: 0, body: '[["a"],["b"],["c"]]' }],
      },
    ];
    fixture.enqueue(aBatch({ groups, runs: 2, requested: 12 }));
    const values = fixture
      .read('items', { after: 0, limit: 100 })
      .items.map((item) => item.field_values.map((value) => value.value).join(''));
    const once = ['1a', '1b', '1c', '2a', '2b', '2c'];
    expect(values).toEqual([...once, ...once]);
  });

  test('[R2] a batch id is used once, and a refused batch leaves nothing behind', async () => {
    const fixture = await QueueFixture.open({ max_queue_size: 4 });
    fixture.enqueue();
    const before = fixture.read('status', null);
    expect(() => fixture.enqueue()).toThrow(/used before/);
    expect(() => fixture.enqueue(plainBatch('large', 2))).toThrow(/room for 1/);
    expect(fixture.read('status', null)).toEqual(before);
    expect(fixture.enqueue(plainBatch('partial', 2, { allow_partial: true }))).toMatchObject({
      enqueued: 1,
      requested: 2,
      first_item_id: 4,
    });
  });

  test('prepend goes before everything that is pending, leased or not', async () => {
    const fixture = await QueueFixture.open();
    const runner = new ProtocolRunner(fixture).register();
    fixture.enqueue(plainBatch('high', 1, { priority: 5 }));
    runner.claim(1);
    fixture.enqueue(plainBatch('low', 1));
    expect(fixture.enqueue(plainBatch('first', 1, { prepend: true }))).toMatchObject({ priority: 6 });
    expect(runner.claim(3).map((grant) => grant.batch_id)).toEqual(['first', 'low']);
  });
});

describe('leases', () => {
  test('[R3] the same claim number gets the same grants, however often it comes', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const runner = new ProtocolRunner(fixture).register();
    const grants = runner.claim(2);
    expect(grants.map((grant) => grant.item_id)).toEqual([1, 2]);
    expect(runner.claim(2, 1)).toEqual(grants);
    expect(fixture.statuses()).toEqual(['pending', 'pending', 'pending']);
    expect(runner.claim(5).map((grant) => grant.item_id)).toEqual([3]);
    expect(runner.claim(2, 1)).toEqual([]);
  });

  test('a runner is granted only what it can run', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    expect(new ProtocolRunner(fixture, 'old').register({ string: '1.0.0' }).claim(9)).toEqual([]);
    expect(new ProtocolRunner(fixture, 'able').register().claim(9)).toHaveLength(3);
  });

  test('a session runs to the end, and every repeated call is answered as repeated', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    expect(runner.run(grant)).toEqual(['recorded', 'recorded', 'recorded', 'recorded']);
    expect(runner.run(grant)).toEqual(['repeated', 'repeated', 'repeated', 'repeated']);
    expect(fixture.item(1)).toMatchObject({ status: 'completed', status_sequence: 2, attempts: 1, device: 'cpu' });
    expect(fixture.read('status', null).queue).toMatchObject({ pending: 0, in_progress: 0, completed: 1, total: 1 });
  });

  test('[Q114] the device is null until the item starts on one, and is kept after it has ended', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 2));
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    expect(fixture.item(1).device).toBe(null);
    runner.start(grant);
    expect(fixture.item(1).device).toBe('cpu');
    runner.run(grant);
    fixture.command('cancel_item', 2);
    expect([1, 2].map((item_id) => fixture.item(item_id))).toMatchObject([
      { status: 'completed', device: 'cpu' },
      { status: 'canceled', device: null },
    ]);
  });

  test('[R7] what a heartbeat does not name is free again, unless its grant is still under way', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const runner = new ProtocolRunner(fixture).register();
    const [first] = runner.claim(1);
    runner.claim(1);
    if (!first) throw new Error('no grant');
    runner.heartbeat([first], { claim: 1 });
    expect(
      new ProtocolRunner(fixture, 'r2')
        .register()
        .claim(9)
        .map((grant) => grant.item_id),
    ).toEqual([3]);
    runner.heartbeat([first]);
    expect(
      new ProtocolRunner(fixture, 'r3')
        .register()
        .claim(9)
        .map((grant) => grant.item_id),
    ).toEqual([2]);
  });

  test('[R4] a lost runner’s late callbacks are stale, and its items run elsewhere with their results', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const lost = new ProtocolRunner(fixture, 'lost').register();
    const grants = lost.claim(3);
    const [first, second] = grants;
    if (!first || !second) throw new Error('no grants');
    const one = entries(first);
    lost.post(one.started, one.running, one.result);
    lost.start(second);
    fixture.ring(fixture.now + 15_000);
    expect(fixture.statuses()).toEqual(['pending', 'pending', 'pending']);
    expect(() => lost.post(one.complete)).toThrow(/register again/);
    lost.register();
    expect(lost.post(one.complete)).toEqual(['stale']);
    const heir = new ProtocolRunner(fixture, 'heir').register();
    const regranted = heir.claim(3);
    expect(regranted.map((grant) => grant.results.length)).toEqual([1, 0, 0]);
    expect(regranted.map((grant) => grant.fence)).toEqual([2, 2, 2]);
    expect(lost.post(one.complete)).toEqual(['stale']);
    const again = entries(regranted[0] ?? first);
    expect(heir.post(again.started, again.result, again.complete)).toEqual(['recorded', 'repeated', 'recorded']);
    // The third was leased and never started: nobody charges it.
    expect([1, 2, 3].map((id) => fixture.item(id).attempts)).toEqual([2, 1, 0]);
  });

  test('an item that loses its runner too often fails as RunnerLost; one that makes progress does not', async () => {
    const fixture = await QueueFixture.open({ max_attempts: 2 });
    fixture.enqueue(plainBatch('b', 2));
    for (let round = 1; round <= 2; round++) {
      const runner = new ProtocolRunner(fixture, `r${round}`).register();
      for (const grant of runner.claim(2)) {
        runner.start(grant);
        if (grant.item_id === 1 && round === 1) runner.post(entries(grant).result);
      }
      fixture.ring(fixture.now + 15_000);
    }
    expect(fixture.statuses()).toEqual(['pending', 'failed']);
    expect(fixture.item(2)).toMatchObject({ error_type: 'RunnerLost' });
  });

  test('[R9] after an outage of the queue itself, every runner gets one grace period', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const runner = new ProtocolRunner(fixture).register();
    const grants = runner.claim(2);
    fixture.restart();
    fixture.ring(fixture.now + 3_600_000);
    expect(runner.heartbeat(grants)).toMatchObject({ gone: [], canceled: [] });
    expect(fixture.alarm_at).toBe(fixture.now + 15_000);
    fixture.ring(fixture.now + 15_000);
    expect(new ProtocolRunner(fixture, 'r2').register().claim(9)).toHaveLength(3);
  });

  test('a runner that registers again gives up what it held', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    runner.start(grant);
    runner.register();
    expect(runner.epoch).toBe(2);
    expect(fixture.statuses()).toEqual(['pending', 'pending', 'pending']);
    expect(fixture.log.flatMap((row) => row.body.facts.map((fact) => fact[0]))).toContain('lease_expired');
  });

  test('a drained runner is gone at once and leaves nothing leased', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    runner.heartbeat([grant], { draining: true });
    expect(runner.claim(1)).toEqual([]);
    runner.post(entries(grant).released);
    runner.heartbeat([], { draining: true });
    expect(() => runner.claim(1)).toThrow(/register again/);
    const logged = fixture.log.length;
    fixture.ring(fixture.now + 15_000);
    expect(fixture.log).toHaveLength(logged);
  });

  test('work wakes as many idle runners as it needs, and only those that can run it', async () => {
    const fixture = await QueueFixture.open();
    for (const name of ['r1', 'r2', 'r3']) new ProtocolRunner(fixture, name).register().connect().claim(1);
    new ProtocolRunner(fixture, 'other').register({ string: '1.0.0' }).connect().claim(1);
    fixture.enqueue(plainBatch('b', 2));
    expect(fixture.orders).toEqual([
      { order: 'wake', runner_no: 1 },
      { order: 'wake', runner_no: 2 },
    ]);
  });
});

describe('cancel', () => {
  test('[R10] cancel is final before anybody hears of it, and its runner is told', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue();
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    runner.start(grant);
    expect(fixture.command('cancel_item', 1, ADMIN).status).toBe('canceled');
    expect(fixture.orders.at(-1)).toEqual({ order: 'cancel', runner_no: 1, item_ids: [1] });
    expect(runner.post(entries(grant).result)).toEqual(['gone']);
    expect(runner.heartbeat([grant])).toMatchObject({ canceled: [1], gone: [] });
    const logged = fixture.log.length;
    expect(fixture.command('cancel_item', 1, ADMIN).status_sequence).toBe(2);
    expect(fixture.log).toHaveLength(logged);
  });

  test('[R10] a completion that was recorded before the cancel wins', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(1)) runner.run(grant);
    expect(fixture.command('cancel_item', 1, ADMIN).status).toBe('completed');
  });

  test('[Q117] a batch cancel counts what it moved; running items have an event each, the others share one', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 5));
    const runner = new ProtocolRunner(fixture).register();
    const [done, running] = runner.claim(3);
    if (!done || !running) throw new Error('no grants');
    runner.run(done);
    runner.start(running);
    const cancel = () => fixture.command('cancel_by_batch_ids', ['b', 'unknown'], ADMIN).canceled;
    expect(cancel()).toBe(4);
    expect(cancel()).toBe(0);
    expect(fixture.statuses()).toEqual(['completed', 'canceled', 'canceled', 'canceled', 'canceled']);
    expect(fixture.log.at(-1)?.body.facts).toEqual([
      ['canceled', [[1, 3, 5]]],
      ['status', 2, 1, 'canceled', 2, 'cpu'],
    ]);
    expect(fixture.read('batch_status', 'b', ADMIN)).toMatchObject({ completed: 1, canceled: 4, pending: 0, total: 5 });
  });

  test('[Q121] others cannot cancel what is not theirs', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann' }));
    expect(() => fixture.command('cancel_item', 1, person('bob'))).toThrow(/somebody else/);
    expect(fixture.command('cancel_by_batch_ids', ['b'], person('bob')).canceled).toBe(0);
    expect(() => fixture.command('cancel_item', 2, ADMIN)).toThrow(/no item 2/);
    expect(fixture.command('cancel_item', 1, person('ann')).status).toBe('canceled');
  });
});

describe('reads', () => {
  test('[A145] somebody else sees that an item exists, and nothing of what it is', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('secret', 1, { user_id: 'ann', origin: 'o', priority: 3 }));
    const seen = fixture.queue.read('item', fixture.now, person('bob'), 1);
    expect(seen).toMatchObject({
      ok: true,
      value: {
        session: null,
        summary: {
          item_id: 1,
          status: 'pending',
          user_id: 'redacted',
          batch_id: 'redacted',
          origin: null,
          priority: 0,
        },
      },
    });
    expect(JSON.stringify(seen)).not.toMatch(/ann|secret/);
    expect(fixture.read('batch_status', 'secret', person('bob'))).toMatchObject({ total: 0 });
    expect(fixture.read('status', null, person('ann')).queue).toMatchObject({ pending: 1, user_pending: 1 });
  });

  test('which items a batch has, and which item runs, is told to those who may see them', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('of-ann', 1, { user_id: 'ann' }));
    fixture.enqueue(plainBatch('of-bob', 1, { user_id: 'bob' }));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(2)) runner.start(grant);
    const [ann, bob] = [person('ann'), person('bob')];
    const listed = (principal: Principal) =>
      fixture.read('items', { after: 0, limit: 9, batch_id: 'of-ann' }, principal).items.map(({ item_id }) => item_id);
    expect([listed(ADMIN), listed(ann), listed(bob)]).toEqual([[1], [1], []]);
    const current = (principal: Principal) => fixture.read('status', null, principal).queue.item_id;
    expect([current(ADMIN), current(ann), current(bob), current(person('cy'))]).toEqual([1, 1, 2, null]);
  });

  test('an asset may be read by those who may see an item that refers to it', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann' }));
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    const image_name = 'a'.repeat(64);
    const { started, result } = entries(grant);
    runner.post(started, { ...result, result: { type: 'image_output', image: { image_name }, width: 8, height: 8 } });
    const reads = (user: string) => fixture.read('readable_assets', [image_name, 'b'.repeat(64)], person(user));
    expect(reads('ann')).toEqual([image_name]);
    expect(reads('bob')).toEqual([]);
  });

  test('pages go through every item once', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('a', 5));
    fixture.enqueue(plainBatch('b', 5));
    const ids: number[] = [];
    for (let after = 0, more = true; more; ) {
      const page = fixture.read('items', { after, limit: 3, batch_id: 'b' }, ADMIN);
      ids.push(...page.items.map((item) => item.item_id));
      after = ids.at(-1) ?? 0;
      more = page.has_more;
    }
    expect(ids).toEqual([6, 7, 8, 9, 10]);
  });
});

describe('large values', () => {
  /** Items whose only value is 600,000 characters: four make an answer. */
  async function heavy(): Promise<QueueFixture> {
    const fixture = await QueueFixture.open();
    const chunks = Array.from({ length: 12 }, (_, first) => ({ first, body: JSON.stringify([['x'.repeat(600_000)]]) }));
    const groups = [{ length: 12, fields: [{ node_path: 'n', field_name: 'value' }], chunks }];
    fixture.enqueue(aBatch({ groups, requested: 12 }));
    return fixture;
  }

  test('a claim grants what fits its answer and leaves the rest free', async () => {
    const fixture = await heavy();
    const runner = new ProtocolRunner(fixture).register();
    const ids = () => runner.claim(500).map((grant) => grant.item_id);
    expect([ids(), ids()]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11, 12],
    ]);
    expect(runner.claim(500, 2)).toHaveLength(6);
    expect(new ProtocolRunner(fixture, 'other').register().claim(1)).toEqual([]);
    runner.heartbeat([]);
    expect(new ProtocolRunner(fixture, 'third').register().claim(1)).toMatchObject([{ item_id: 1, fence: 2 }]);
  });

  test('a page of a list ends where its answer is full', async () => {
    const fixture = await heavy();
    const first = fixture.read('items', { after: 0, limit: 100 });
    expect(first).toMatchObject({ items: { length: 6 }, has_more: true });
    expect(fixture.read('items', { after: 6, limit: 100 })).toMatchObject({ items: { length: 6 }, has_more: false });
  });
});
