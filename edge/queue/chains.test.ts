import { describe, expect, test } from 'vitest';
import { WORKFLOW_CALL_DEPTH_MAX } from '../../contract/limits.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { aChain, call, factsSince } from '../../test/support/chain-fixture.ts';
import { entries } from '../../test/support/queue-entries.ts';
import {
  ADMIN,
  aBatch,
  ProtocolRunner,
  person,
  plainBatch,
  QueueFixture,
  RUNNER,
} from '../../test/support/queue-fixture.ts';
import { Listener, Reader } from '../../test/support/stream-clients.ts';

/** An item that runs, and its runner. */
async function running(settings: Parameters<typeof QueueFixture.open>[0] = {}) {
  const fixture = await QueueFixture.open(settings);
  fixture.enqueue(
    plainBatch('root', 1, { user_id: 'ann', destination: 'canvas', origin: 'workflows', priority: 3, lane: 2 }),
  );
  const runner = new ProtocolRunner(fixture).register();
  const [grant] = runner.claim(1);
  if (!grant) throw new Error('no grant');
  runner.start(grant);
  return { fixture, runner, grant };
}

const statuses = (fixture: QueueFixture) => fixture.statuses().join(' ');
const moves = (fixture: QueueFixture, from: number) =>
  factsSince(fixture, from).flatMap((fact) => (fact[0] === 'status' ? [[fact[1], fact[3]]] : []));

describe('a child', () => {
  test('[R13] is told of as it was when it was made, however soon it starts', async () => {
    const { fixture, runner, grant } = await running();
    const batch = aBatch({ batch_id: 'children' });
    fixture.command('enqueue_children', { ...lease(grant), workflow_call_id: 'call-1', batch });
    const made = fixture.log.at(-1);
    const listener = new Listener(ADMIN);
    if (made) listener.hear(fixture, made);
    // In the same millisecond.
    for (const child of runner.claim(1)) runner.start(child);
    const { frames } = new Reader(fixture, ADMIN, {}, (made?.sequence ?? 0) - (made?.count ?? 0));
    expect(frames.slice(0, made?.count).map(({ prev, ...frame }) => frame)).toEqual(
      listener.frames.map(({ prev, ...frame }) => frame),
    );
  });
});

describe('a workflow call', () => {
  test('[Q124] [W97] the parent waits, then its children are pending with all that relates them', async () => {
    const { fixture, grant } = await running();
    const logged = fixture.log.length;
    const batch = aBatch({ batch_id: 'children', user_id: 'somebody', priority: 9, lane: 0, destination: 'x' });
    const made = fixture.command('enqueue_children', { ...lease(grant), workflow_call_id: 'call-1', batch });
    expect(made).toEqual({ batch_id: 'children', enqueued: 3, first_item_id: 2 });
    expect(factsSince(fixture, logged)).toEqual([
      ['status', 1, 1, 'waiting', 2, 'cpu'],
      ['batch', 2],
      ...[2, 3, 4].map((id) => ['status', id, 2, 'pending', 0, null]),
    ]);
    const last = fixture.log.at(-1)?.body;
    expect(last?.queue).toEqual([3, 0, 1, 0, 0, 0]);
    expect(last?.batches).toEqual([
      [1, [0, 0, 1, 0, 0, 0]],
      [2, [3, 0, 0, 0, 0, 0]],
    ]);
    expect(last?.users).toEqual([['ann', [3, 0, 1, 0, 0, 0]]]);
    expect(fixture.item(3)).toMatchObject({
      status: 'pending',
      user_id: 'ann',
      origin: 'workflows',
      destination: 'canvas',
      priority: 3,
      batch_id: 'children',
      field_values: [{ node_path: 'n', field_name: 'value', value: 2 }],
      workflow_call_id: 'call-1',
      parent_item_id: 1,
      parent_session_id: 'q:1',
      root_item_id: 1,
      workflow_call_depth: 1,
    });
    expect(
      fixture.queue.sql.all('SELECT DISTINCT lane FROM backlogs JOIN items USING (backlog_no) WHERE item_id > 1'),
    ).toEqual([{ lane: 2 }]);
    expect(fixture.read('status', null).queue).toMatchObject({ waiting: 1, pending: 3 });
  });

  test('[Q125] what waits is counted wherever statuses are', async () => {
    const fixture = await QueueFixture.open();
    await aChain(fixture);
    expect(fixture.read('status', null).queue).toMatchObject({ waiting: 2, pending: 3, total: 5 });
    expect(fixture.read('batch_status', 'root')).toMatchObject({ waiting: 1, total: 1 });
  });

  test('[Q124] without room for all children nothing changes, and the session may go on', async () => {
    for (const settings of [{ max_queue_size: 2 }, { max_user_pending: 2 }]) {
      const { fixture, runner, grant } = await running(settings);
      const logged = fixture.log.length;
      expect(() => call(fixture, grant, 'large', 3)).toThrow(/room for 2/);
      expect(fixture.log).toHaveLength(logged);
      expect(statuses(fixture)).toBe('in_progress');
      expect(runner.post(entries(grant).result, entries(grant).complete)).toEqual(['recorded', 'recorded']);
    }
  });

  test('[Q124] the same call again gets the same children; a stale one, or one of an item that does not run, none', async () => {
    const { fixture, runner, grant } = await running();
    const made = call(fixture, grant, 'a');
    const logged = fixture.log.length;
    expect(call(fixture, grant, 'a')).toEqual(made);
    expect(() => call(fixture, grant, 'b')).toThrow(/does not run/);
    expect(() => call(fixture, { ...grant, fence: 9 }, 'a')).toThrow(/latest lease is number 1/);
    expect(() => call(fixture, { ...grant, token: 'guessed' }, 'a')).toThrow(/latest lease/);
    expect(() => call(fixture, { ...grant, item_id: 99 }, 'a')).toThrow(/no item 99/);
    for (const child of runner.claim(1)) expect(() => call(fixture, child, 'c')).toThrow(/does not run/);
    expect(fixture.log).toHaveLength(logged);
  });

  test('calls are nested only so deep', async () => {
    const { fixture, runner, grant } = await running();
    let caller = grant;
    for (let depth = 1; depth <= WORKFLOW_CALL_DEPTH_MAX; depth++) {
      call(fixture, caller, `level-${depth}`, 1);
      const [next] = runner.claim(1);
      if (!next) throw new Error('no grant');
      runner.start(next);
      caller = next;
    }
    expect(fixture.item(caller.item_id)).toMatchObject({ workflow_call_depth: 4, root_item_id: 1 });
    expect(() => call(fixture, caller, 'too-deep', 1)).toThrow(/at most 4 deep/);
    expect(() => call(fixture, caller, 'empty', 0)).toThrow();
    for (const child of [caller]) runner.run(child);
    expect(statuses(fixture)).toBe('waiting waiting waiting pending completed');
  });
});

describe('the end of a call', () => {
  test('[W98] the parent is pending again when the last child completes, keeps its results, and may call again', async () => {
    const { fixture, runner, grant } = await running();
    runner.post(entries(grant).result);
    call(fixture, grant, 'a');
    const [one, two] = runner.claim(9);
    if (!one || !two) throw new Error('no grants');
    runner.run(two);
    expect(statuses(fixture)).toBe('waiting pending completed');
    const logged = fixture.log.length;
    runner.run(one);
    expect(moves(fixture, logged)).toEqual([
      [2, 'in_progress'],
      [2, 'completed'],
      [1, 'pending'],
    ]);
    const [again] = runner.claim(9);
    expect(again).toMatchObject({ item_id: 1, fence: 2, results: [{ invocation_id: 'n' }] });
    runner.start(again as Grant);
    call(fixture, again as Grant, 'b', 1);
    for (const child of runner.claim(9)) runner.run(child);
    expect(statuses(fixture)).toBe('pending completed completed completed');
    const [last] = runner.claim(9);
    expect(runner.post(entries(last as Grant).started, entries(last as Grant).complete)).toEqual([
      'recorded',
      'recorded',
    ]);
    expect(statuses(fixture)).toBe('completed completed completed completed');
  });

  test('the parent can be granted in the call that reports its last child', async () => {
    const { fixture, runner, grant } = await running();
    call(fixture, grant, 'a', 1);
    const [child] = runner.claim(1);
    const { started, running: began, result, complete } = entries(child as Grant);
    const body = { ...runner.identity, entries: [started, began, result, complete] };
    const claim = { claim: ++runner.claims, max_items: 5, batches: [], models: [] };
    const { claim: granted } = fixture.command('callbacks', { ...body, claim }, RUNNER);
    expect(granted?.grants.map((each) => each.item_id)).toEqual([1]);
  });

  test('[W100] a failed child fails its ancestors with its reason and cancels the rest of the chain', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    runner.start(grants.get(2) as Grant);
    const failing = entries(grants.get(4) as Grant);
    runner.post(failing.started);
    const logged = fixture.log.length;
    runner.post(failing.error);
    expect(moves(fixture, logged)).toEqual([
      [4, 'failed'],
      [2, 'canceled'],
      [5, 'canceled'],
      [3, 'failed'],
      [1, 'failed'],
    ]);
    expect(fixture.orders.at(-1)).toEqual({ order: 'cancel', runner_no: 1, item_ids: [2, 5] });
    expect(fixture.item(4)).toMatchObject({ error_type: 'ValueError', error_message: 'bad' });
    for (const ancestor of [3, 1])
      expect(fixture.item(ancestor)).toMatchObject({
        error_type: 'ValueError',
        error_message: 'Child item 4 failed: bad',
      });
    expect(fixture.read('status', null).queue).toMatchObject({ failed: 3, canceled: 2, waiting: 0, pending: 0 });
  });

  test('so does a child that fails because its runner is lost once too often', async () => {
    const fixture = await QueueFixture.open({ max_attempts: 1 });
    const { runner, grants } = await aChain(fixture);
    runner.start(grants.get(5) as Grant);
    const logged = fixture.log.length;
    fixture.ring(fixture.now + 15_000);
    expect(moves(fixture, logged)).toEqual([
      [5, 'failed'],
      [2, 'canceled'],
      [4, 'canceled'],
      [3, 'failed'],
      [1, 'failed'],
    ]);
    expect(fixture.item(1)).toMatchObject({ error_type: 'RunnerLost' });
  });

  test('[W100] a child that has completed stays so when its sibling fails, in the same post too', async () => {
    const { fixture, runner, grant } = await running();
    call(fixture, grant, 'a', 3);
    const [one, two, three] = runner.claim(9).map((child) => entries(child));
    if (!one || !two || !three) throw new Error('no grants');
    runner.post(one.started, two.started, three.started);
    expect(runner.post(two.error, one.result, one.complete, three.result)).toEqual(Array(4).fill('recorded'));
    expect(statuses(fixture)).toBe('failed completed failed canceled');
    expect(runner.post(three.complete)).toEqual(['gone']);
  });

  test('[W101] a chain that was canceled is not carried on by what its runners still report', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    runner.start(grants.get(2) as Grant);
    fixture.command('cancel_item', 3, person('ann'));
    const logged = fixture.log.length;
    expect(runner.post(entries(grants.get(2) as Grant).failed)).toEqual(['gone']);
    expect(fixture.log).toHaveLength(logged);
    expect(fixture.command('clear', null, ADMIN)).toEqual({ deleted: 5 });
  });

  test('[W102] a chain that was deleted is not carried on either, and a call for it is told that it is gone', async () => {
    const fixture = await QueueFixture.open();
    const { runner, grants } = await aChain(fixture);
    const child = grants.get(2) as Grant;
    runner.start(child);
    fixture.command('delete_item', 3, person('ann'));
    const logged = fixture.log.length;
    expect(runner.run(child)).toEqual(Array(4).fill('gone'));
    expect(() => call(fixture, child, 'late')).toThrow(/no item 2/);
    expect(fixture.log).toHaveLength(logged);
  });

  test('a parent whose deadline passes while it waits takes its children along', async () => {
    const fixture = await QueueFixture.open({ runner_timeout_seconds: 600 });
    fixture.enqueue(plainBatch('root', 1, { deadline: fixture.now + 60_000 }));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(1)) {
      runner.start(grant);
      call(fixture, grant, 'a');
    }
    for (const child of runner.claim(1)) runner.start(child);
    fixture.ring(fixture.now + 60_001);
    expect(statuses(fixture)).toBe('failed canceled canceled');
    expect(fixture.item(1)).toMatchObject({ error_type: 'TimeoutError' });
    expect(fixture.orders.at(-1)).toEqual({ order: 'cancel', runner_no: 1, item_ids: [2] });
  });

  test('ten thousand children cost each completion the same', async () => {
    const { fixture, runner, grant } = await running();
    call(fixture, grant, 'wide', 10_000);
    let steps = 0;
    const sql = fixture.queue.sql;
    const all = sql.all.bind(sql);
    sql.all = ((...args: Parameters<typeof all>) => {
      const rows = all(...args);
      steps += rows.length;
      return rows;
    }) as typeof sql.all;
    const [first = 0, second = 0] = [0, 1].map(() => {
      steps = 0;
      for (const child of runner.claim(500)) runner.run(child);
      return steps;
    });
    expect(second).toBeLessThan(first * 1.1);
  });
});

const lease = ({ item_id, fence, token }: Grant) => ({ item_id, fence, token });
