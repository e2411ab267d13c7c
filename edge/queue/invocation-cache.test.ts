/** What sessions take of each other, at the queue. */
import { describe, expect, test } from 'vitest';
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { Grant, RecordedResult } from '../../contract/runner/claim.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { aBatch, ProtocolRunner, person, plainBatch, QueueFixture, RUNNER } from '../../test/support/queue-fixture.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';

/** A queue with a runner that reports as it is told. */
class World {
  readonly fixture: QueueFixture;
  readonly runner: ProtocolRunner;
  #batches = 0;

  static async open(settings: Partial<QueueSettings> = {}): Promise<World> {
    return new World(await QueueFixture.open(settings));
  }

  private constructor(fixture: QueueFixture) {
    this.fixture = fixture;
    this.runner = new ProtocolRunner(fixture).register();
  }

  /** Enqueues one item and claims it. */
  grant(user_id = 'ann', over: Parameters<typeof plainBatch>[2] = {}): Grant {
    this.fixture.enqueue(plainBatch(`b${++this.#batches}`, 1, { user_id, ...over }));
    return this.claim()[0] as Grant;
  }

  claim(count = 1): Grant[] {
    this.fixture.now += 1_000;
    return this.runner.claim(count);
  }

  /** Runs it to its end as the device would; whether it ran its node. */
  run(grant: Grant, { keep = true, value = 1 as unknown } = {}): boolean {
    const taken = grant.cached?.find(({ invocation_id }) => invocation_id === 'n');
    const { started, running, result, complete } = entries(grant);
    const given = taken
      ? { ...result, result: taken.result, cached: true, keep }
      : { ...result, result: { type: 'integer_output', value }, keep };
    expect(this.runner.post(started, running, given, complete)).toEqual(Array(4).fill('recorded'));
    return taken === undefined;
  }

  get status() {
    return this.fixture.read('invocation_cache', null);
  }

  cached(grant: Grant): RecordedResult[] | undefined {
    return grant.cached;
  }
}

const graph = (over: Record<string, unknown>) =>
  JSON.stringify({
    engine: 1,
    types: { integer: '1.0.0' },
    nodes: [{ id: 'n', type: 'integer', is_intermediate: false, use_cache: true, value: 1, ...over }],
    edges: [],
  });

describe('a session takes what another one recorded', () => {
  test('[R54] for the same work of the same user, whatever its node is called', async () => {
    const world = await World.open();
    expect(world.run(world.grant(), { value: 7 })).toBe(true);
    const renamed = {
      engine: 1,
      types: { integer: '1.0.0' },
      nodes: [{ id: 'm', type: 'integer', use_cache: true, value: 1 }],
      edges: [],
    };
    const grant = world.grant('ann', { graph: JSON.stringify(renamed) });
    expect(grant.cached).toEqual([{ invocation_id: 'm', result: { type: 'integer_output', value: 7 } }]);
    expect(world.run(world.grant())).toBe(false);
    expect(world.status).toEqual({ size: 1, hits: 1, misses: 1, enabled: true, max_size: 10_000 });
  });

  test('not for other work: another value, another version, or a node that must run', async () => {
    const world = await World.open();
    world.run(world.grant());
    expect(world.grant('ann', { graph: graph({ value: 2 }) }).cached).toBeUndefined();
    expect(world.grant('ann', { graph: graph({ use_cache: false }) }).cached).toBeUndefined();
    world.run(world.grant('ann', { graph: graph({ value: 3, use_cache: false }) }));
    expect(world.grant('ann', { graph: graph({ value: 3 }) }).cached).toBeUndefined();
  });

  test('also when the value comes from a batch', async () => {
    const world = await World.open();
    world.fixture.enqueue(aBatch({ user_id: 'ann' }));
    for (const grant of world.claim(3)) world.run(grant);
    expect(world.grant('ann', { graph: graph({ value: 2 }) }).cached).toHaveLength(1);
    expect(world.status).toMatchObject({ size: 3 });
  });

  test('[R54] not of another user, unless results are shared', async () => {
    const apart = await World.open();
    apart.run(apart.grant('ann'));
    expect(apart.run(apart.grant('bob'))).toBe(true);
    expect(apart.run(apart.grant('bob'))).toBe(false);
    const shared = await World.open({ invocation_cache: 'shared' });
    shared.run(shared.grant('ann'));
    expect(shared.run(shared.grant('bob'))).toBe(false);
  });

  test('only of what its runner found worth keeping, and never an error', async () => {
    const world = await World.open();
    world.run(world.grant(), { keep: false });
    expect(world.grant('ann').cached).toBeUndefined();
    const grant = world.grant('ann');
    world.runner.post(entries(grant).started, entries(grant).error);
    expect(world.grant('ann').cached).toBeUndefined();
    expect(world.status).toMatchObject({ size: 0, hits: 0, misses: 0 });
  });

  test('[R54] while the item that recorded it is there', async () => {
    const world = await World.open();
    const first = world.grant();
    world.run(first);
    world.fixture.command('delete_item', first.item_id);
    expect(world.run(world.grant())).toBe(true);
    // The entry stands where the work was done again, however young it is.
    expect(world.run(world.grant())).toBe(false);
  });

  test('that of an item that failed or was canceled later is as good', async () => {
    const world = await World.open();
    const first = world.grant();
    const { started, result } = entries(first);
    world.runner.post(started, { ...result, keep: true });
    world.fixture.command('cancel_item', first.item_id, person('ann'));
    expect(world.grant().cached).toHaveLength(1);
  });

  test('and nothing of what it recorded itself before', async () => {
    const world = await World.open();
    world.run(world.grant());
    const { started, result, released } = entries(world.grant());
    world.runner.post(started, { ...result, keep: true }, released);
    const again = world.claim()[0] as Grant;
    expect([again.results.length, again.cached]).toEqual([1, undefined]);
  });

  test('as much as fits the answer of a claim', async () => {
    const world = await World.open();
    const large = 'x'.repeat(60_000);
    world.run(world.grant(), { value: large });
    world.fixture.enqueue(plainBatch('many', 100, { user_id: 'ann' }));
    const taken = world.claim(100).map(({ cached }) => cached?.length ?? 0);
    expect(taken).toHaveLength(100);
    const fitting = taken.filter((count) => count === 1).length;
    expect(fitting).toBeGreaterThan(50);
    expect(fitting * large.length).toBeLessThan(ANSWER_LENGTH_MAX);
  });
});

test('all results of one report are kept, however many nodes its graph has', async () => {
  const world = await World.open();
  const nodes = Array.from({ length: 150 }, (_, value) => ({
    id: `n${value}`,
    type: 'integer',
    use_cache: true,
    value,
  }));
  const many = JSON.stringify({ engine: 1, types: { integer: '1.0.0' }, nodes, edges: [] });
  const grant = world.grant('ann', { graph: many });
  const { started, result, complete } = entries(grant);
  const results = nodes.map(({ id, value }) => ({
    ...result,
    invocation_id: id,
    result: { type: 'integer_output', value },
    keep: true,
  }));
  world.runner.post(started, ...results, { ...complete, results: 150 });
  expect(world.status.size).toBe(150);
  expect(world.grant('ann', { graph: many }).cached).toHaveLength(150);
});

test('one report reads no more values of its items for it than one claim brings', async () => {
  const world = await World.open();
  const body = (first: number) => JSON.stringify([[`${first}${'x'.repeat(1_900_000)}`]]);
  const chunks = [0, 1, 2, 3, 4].map((first) => ({ first, body: body(first) }));
  const fields = [{ node_path: 'n', field_name: 'value' }];
  world.fixture.enqueue(aBatch({ requested: 5, groups: [{ length: 5, fields, chunks }] }));
  const grants = [1, 2, 3, 4, 5].flatMap(() => world.claim());
  const { length } = world.runner.post(
    ...grants.flatMap((grant) => [entries(grant).started, { ...entries(grant).result, keep: true }]),
  );
  expect([grants.length, length]).toEqual([5, 10]);
  expect(world.status.size).toBeGreaterThan(0);
  expect(world.status.size).toBeLessThan(5);
});

test('a claim reads no more graphs for it than it could bring', async () => {
  const world = await World.open();
  world.run(world.grant());
  const long = graph({ comment: 'x'.repeat(1_900_000) });
  const batch_ids = ['l1', 'l2', 'l3', 'l4', 'l5', 'l6'];
  for (const batch_id of batch_ids) world.fixture.enqueue(plainBatch(batch_id, 1, { user_id: 'ann', graph: long }));
  world.fixture.restart();
  let length = 0;
  const { batches } = world.fixture.queue;
  const document = batches.document.bind(batches);
  batches.document = (...of) => {
    const text = document(...of);
    length += text?.length ?? 0;
    return text;
  };
  const claim = { ...world.runner.identity, claim: 9, max_items: 6, batches: batch_ids, models: [] };
  expect(world.fixture.command('claim', claim, RUNNER).grants).toHaveLength(6);
  expect(length).toBeGreaterThan(1_900_000);
  expect(length).toBeLessThan(ANSWER_LENGTH_MAX);
});

describe('the cache of a queue', () => {
  test('[K166] off gives and keeps and counts nothing; on again it has what it had', async () => {
    const world = await World.open();
    world.run(world.grant());
    const settings = world.fixture.queue.settings;
    world.fixture.queue.configure('q', { ...settings, invocation_cache: 'off' }, 2);
    const grant = world.grant();
    expect([grant.cached, grant.cache_scope]).toEqual([undefined, undefined]);
    expect(world.run(grant)).toBe(true);
    expect(world.status).toMatchObject({ size: 1, hits: 0, misses: 1, enabled: false });
    world.fixture.queue.configure('q', settings, 3);
    expect(world.run(world.grant())).toBe(false);
  });

  test('[K168] cleared it gives nothing of before, what was under way included, nor do devices', async () => {
    const world = await World.open();
    const before = world.grant();
    world.run(before);
    const underWay = world.grant('ann', { graph: graph({ value: 2 }) });
    world.runner.start(underWay);
    world.fixture.now += 5;
    expect(world.fixture.command('empty_invocation_cache', null)).toEqual({
      ...{ size: 0, hits: 0, misses: 0, enabled: true, max_size: 10_000 },
    });
    world.runner.post({ ...entries(underWay).result, keep: true });
    const after = world.grant();
    expect(after.cached).toBeUndefined();
    expect(after.cache_scope).not.toBe(before.cache_scope);
    expect(world.grant('ann', { graph: graph({ value: 2 }) }).cached).toBeUndefined();
    expect(world.run(after)).toBe(true);
    expect(world.run(world.grant())).toBe(false);
  });

  test('[K168] nor does it come back with a session that was granted before, and started after', async () => {
    const world = await World.open();
    world.run(world.grant());
    const granted = world.grant();
    expect(granted.cached).toHaveLength(1);
    world.fixture.command('empty_invocation_cache', null);
    world.fixture.now += 1_000;
    expect(world.run(granted)).toBe(false);
    expect(world.status.size).toBe(0);
    expect(world.run(world.grant())).toBe(true);
    expect(world.run(world.grant())).toBe(false);
  });

  test('[K165] keeps the newest uses when it is full', async () => {
    const world = await World.open({ invocation_cache_max: 2 });
    const one = (value: number) => world.run(world.grant('ann', { graph: graph({ value }) }));
    one(1);
    one(2);
    world.fixture.now += 60_000;
    expect(one(1)).toBe(false);
    one(3);
    expect(world.status.size).toBe(2);
    expect([one(1), one(3), one(2)]).toEqual([false, false, true]);
  });

  test('forgets what stood in items that were removed for good', async () => {
    const world = await World.open({ events_retention_count: 0, events_retention_seconds: 1 });
    const first = world.grant();
    world.run(first);
    world.run(world.grant('bob'));
    world.fixture.command('delete_item', first.item_id);
    for (let pass = 0; pass < 40 && world.status.size > 1; pass++) world.fixture.ring(world.fixture.now + 3_600_000);
    expect(world.status.size).toBe(1);
    expect(world.fixture.queue.sql.all('SELECT 1 FROM cache_entries')).toHaveLength(1);
  });

  test('costs a claim one statement while there is nothing to take', async () => {
    const world = await World.open();
    const statements: string[] = [];
    const { sql } = world.fixture.queue;
    const all = sql.all.bind(sql);
    world.run(world.grant('ann', { graph: graph({ type: 'other' }) }), { keep: false });
    sql.all = ((query: string, ...rest: never[]) => {
      statements.push(query);
      return all(query, ...rest);
    }) as typeof sql.all;
    world.claim();
    world.grant();
    expect(statements.filter((query) => query.includes('cache_entries'))).toEqual([]);
    expect(statements.filter((query) => query.includes('cache_since'))).toHaveLength(1);
  });
});
