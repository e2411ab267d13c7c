import { describe, expect, test, vi } from 'vitest';
import { call } from '../../test/support/chain-fixture.ts';
import { entries } from '../../test/support/queue-entries.ts';
import {
  aBatch,
  ProtocolRunner,
  person,
  plainBatch,
  QueueFixture,
  RefusedError,
} from '../../test/support/queue-fixture.ts';
import { collect, forgetReleased, releasedAssets } from './collection.ts';
import { ITEMS_PER_PASS } from './history.ts';
import { pruneLog } from './log.ts';
import { Turn } from './turn.ts';

const DAY_MS = 86_400_000;

/** Rings the alarm whenever it is due until `until`, as the platform would. */
function pass(fixture: QueueFixture, until: number): void {
  while (fixture.alarm_at !== null && fixture.alarm_at <= until) fixture.ring(fixture.alarm_at);
  fixture.now = until;
}

const rows = (fixture: QueueFixture, table: string): number =>
  fixture.queue.sql.one<{ rows: number }>(`SELECT COUNT(*) AS rows FROM ${table}`).rows;

/** Runs everything that a runner is granted, and leaves; how many that were. */
function runAll(fixture: QueueFixture): number {
  const runner = new ProtocolRunner(fixture).register();
  let ran = 0;
  for (let grants = runner.claim(100); grants.length > 0; grants = runner.claim(100))
    for (const grant of grants) {
      runner.run(grant);
      ran++;
    }
  runner.heartbeat([], { draining: true });
  return ran;
}

describe('what has ended', () => {
  test('goes when it is old enough, and what waits stays', async () => {
    const fixture = await QueueFixture.open({ finished_retention_seconds: 3_600 });
    fixture.enqueue(plainBatch('done', 3));
    runAll(fixture);
    fixture.enqueue(plainBatch('waits', 2));
    pass(fixture, fixture.now + 3_000_000);
    expect(fixture.statuses()).toEqual(['completed', 'completed', 'completed', 'pending', 'pending']);
    pass(fixture, fixture.now + 2 * 3_600_000);
    expect(fixture.statuses()).toEqual(['pending', 'pending']);
    expect(fixture.log.at(-1)?.body.facts).toEqual([['pruned', [[1, 1, 3]]]]);
    expect(fixture.read('status', null).queue).toMatchObject({ completed: 0, pending: 2, total: 2 });
  });

  test('goes when it is too much, the oldest first', async () => {
    const fixture = await QueueFixture.open({ finished_retention_count: 2, finished_retention_seconds: null });
    fixture.enqueue(plainBatch('done', 5));
    runAll(fixture);
    pass(fixture, fixture.now + 120_000);
    expect(fixture.read('items', { after: 0, limit: 9 }).items.map((item) => item.item_id)).toEqual([4, 5]);
  });

  test('goes soon, also when nothing had happened for long before', async () => {
    const fixture = await QueueFixture.open({ finished_retention_count: 0 });
    fixture.enqueue(plainBatch('waits', 1));
    pass(fixture, fixture.now + 2 * 3_600_000 + 90_000);
    fixture.enqueue(plainBatch('ends', 3));
    fixture.command('cancel_by_batch_ids', ['ends']);
    pass(fixture, fixture.now + 120_000);
    expect(fixture.statuses()).toEqual(['pending']);
  });

  test('is many passes when it is very much, none of them long', async () => {
    const fixture = await QueueFixture.open({ finished_retention_count: 0 });
    fixture.enqueue(plainBatch('much', 17_500));
    fixture.command('cancel_by_batch_ids', ['much']);
    const log = fixture.log.length;
    pass(fixture, fixture.now + 120_000);
    const removed = fixture.log.slice(log).map((row) => row.body.facts.length);
    expect(removed.length).toBe(4);
    expect(fixture.read('status', null).queue.total).toBe(0);
  });
});

test('children that a chain still needs do not keep what has ended otherwise', async () => {
  const fixture = await QueueFixture.open({ finished_retention_count: 0 });
  fixture.enqueue(plainBatch('root', 1));
  const runner = new ProtocolRunner(fixture).register();
  const [root] = runner.claim(1);
  if (!root) throw new Error('there was work');
  runner.start(root);
  call(fixture, root, 'many', ITEMS_PER_PASS + 1);
  for (let left = ITEMS_PER_PASS; left > 0; left -= 500)
    runner.post(
      ...runner.claim(500).flatMap((grant) => [entries(grant).started, { ...entries(grant).complete, results: 0 }]),
    );
  fixture.enqueue(plainBatch('other', 3));
  fixture.command('cancel_by_batch_ids', ['other']);
  pass(fixture, fixture.now + 120_000);
  expect(fixture.read('status', null).queue).toMatchObject({ completed: ITEMS_PER_PASS, canceled: 0 });
});

test('users who have nothing left are found by one walk through the batches', async () => {
  const fixture = await QueueFixture.open();
  for (let user = 0; user < 3; user++) fixture.enqueue(plainBatch(`b${user}`, 1, { user_id: `u${user}` }));
  fixture.command('clear', null);
  const all = vi.spyOn(fixture.queue.sql, 'all');
  fixture.ring(fixture.now + 60_000);
  const query = all.mock.calls.map(([text]) => text).find((text) => text.includes('DELETE FROM users')) ?? '';
  all.mockRestore();
  const plan = fixture.queue.sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`);
  expect(plan.map(({ detail }) => detail)).not.toContainEqual(expect.stringContaining('CORRELATED'));
});

describe('rows that nothing needs', () => {
  test('batches that are empty go many at a time, and as few as are large', async () => {
    const passes = async (count: number, length: number) => {
      const fixture = await QueueFixture.open();
      const workflow = JSON.stringify({ text: 'x'.repeat(length) });
      for (let batch = 0; batch < count; batch++) fixture.enqueue(plainBatch(`b${batch}`, 1, { workflow }));
      fixture.queue.sql.all('DELETE FROM log');
      fixture.queue.sql.all('DELETE FROM items');
      fixture.queue.sql.all('UPDATE batches SET pending = 0, created_at = 0');
      for (let pass = 1; ; pass++) {
        const more = collect(new Turn(fixture.queue, fixture.at));
        if (!more) return rows(fixture, 'batches') === 0 ? pass : Number.NaN;
      }
    };
    expect(await passes(600, 10)).toBe(1);
    expect(await passes(24, 1_500_000)).toBe(4);
  });

  test('a cleared queue is empty once the log has forgotten it, and then it sleeps', async () => {
    const fixture = await QueueFixture.open({
      events_retention_seconds: 60,
      events_retention_count: 1_000,
      max_storage_bytes: 1_000_000,
    });
    const image = `{"type":"image_output","image":{"image_name":"${'a'.repeat(64)}"}}`;
    fixture.enqueue(aBatch({ assets: ['b'.repeat(64)], user_id: 'ann', workflow: '{}' }));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(3)) {
      const { started, result, complete } = entries(grant);
      runner.post(started, { ...result, result: JSON.parse(image) } as never, complete);
    }
    runner.heartbeat([], { draining: true });
    fixture.enqueue(plainBatch('other', 2));
    fixture.command('clear', null);
    expect(rows(fixture, 'items')).toBe(5);
    // The database is small, so the log keeps its last thousand events; with 600 kB more it is half full.
    pass(fixture, fixture.now + DAY_MS);
    expect(rows(fixture, 'items')).toBe(5);
    fixture.enqueue(plainBatch('large', 1, { workflow: JSON.stringify({ text: 'x'.repeat(600_000) }) }));
    fixture.command('clear', null);
    pass(fixture, fixture.now + DAY_MS);
    for (const table of [
      'items',
      'invocations',
      'asset_references',
      'batch_assets',
      'batches',
      'batch_documents',
      'batch_values',
      'backlogs',
      'requirements',
      'removals',
      'users',
      'log',
    ])
      expect([table, rows(fixture, table)]).toEqual([table, 0]);
    expect(releasedAssets(fixture.queue.sql).sort()).toEqual(['a'.repeat(64), 'b'.repeat(64)]);
    forgetReleased(fixture.queue.sql, releasedAssets(fixture.queue.sql));
    pass(fixture, fixture.now + DAY_MS);
    expect(fixture.alarm_at).toBeNull();
    expect(fixture.enqueue(plainBatch('b', 1)).first_item_id).toBe(7);
  });

  test('results of removed items go in many passes, none of which holds much, and the items after them', async () => {
    const fixture = await QueueFixture.open({ events_retention_seconds: 60, events_retention_count: 0 });
    const { sql } = fixture.queue;
    fixture.enqueue(plainBatch('wide', 3));
    const recorded = (item_id: number, count: number, length: number) =>
      sql.all(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
         INSERT INTO invocations (item_id, invocation_id, ordinal, result, started_at, completed_at, seconds, fence, runner_no, cached)
         SELECT ?1, 'n#' || n, n, json_object('type', 'x', 'text', printf('%.*c', ?3, 'x')), 1, 1, 0, 1, 1, 0 FROM n`,
        item_id,
        count,
        length,
      );
    recorded(1, 30_000, 10);
    recorded(2, 400, 60_000);
    fixture.command('clear', null);
    const removed: { rows: number; length: number; items: number }[] = [];
    const sizes = () => ({
      ...sql.one<{ rows: number; length: number }>(
        'SELECT COUNT(*) AS rows, COALESCE(SUM(LENGTH(result)), 0) AS length FROM invocations',
      ),
      items: rows(fixture, 'items'),
    });
    let before = sizes();
    const until = fixture.now + DAY_MS;
    while (fixture.alarm_at !== null && fixture.alarm_at <= until) {
      fixture.ring(fixture.alarm_at);
      const after = sizes();
      removed.push({
        rows: before.rows - after.rows,
        length: before.length - after.length,
        items: before.items - after.items,
      });
      // Whoever has results is still there.
      expect(after.rows === 0 || after.items === 3).toBe(true);
      before = after;
    }
    expect(before).toEqual({ rows: 0, length: 0, items: 0 });
    expect(Math.max(...removed.map((pass) => pass.rows))).toBeLessThanOrEqual(5_250);
    expect(Math.max(...removed.map((pass) => pass.length))).toBeLessThan(16 * 1024 * 1024);
  });

  test('an asset that another row refers to is not released', async () => {
    const fixture = await QueueFixture.open({
      events_retention_seconds: 60,
      events_retention_count: 1_000,
      events_retention_bytes: 1_000_000,
    });
    const assets = ['c'.repeat(64)];
    fixture.enqueue(plainBatch('one', 1, { assets, user_id: 'ann' }));
    fixture.enqueue(plainBatch('two', 1, { assets, user_id: 'bob' }));
    fixture.command('clear', null, person('ann'));
    for (let at = 0; at < 1_100; at++) {
      fixture.now += 1_000;
      fixture.command('pause', null);
      fixture.command('resume', null);
    }
    pass(fixture, fixture.now + DAY_MS);
    expect([rows(fixture, 'batches'), releasedAssets(fixture.queue.sql)]).toEqual([1, []]);
  });

  test('the log is forgotten from its beginning, whatever its clock did', async () => {
    const fixture = await QueueFixture.open({ events_retention_seconds: 60, events_retention_count: 0 });
    fixture.enqueue(plainBatch('first', 1));
    const start = fixture.now;
    // The clock goes back: what was written last looks oldest.
    fixture.now = start - 3_600_000;
    fixture.enqueue(plainBatch('second', 1));
    fixture.now = start;
    fixture.enqueue(plainBatch('third', 1));
    pruneLog(fixture.queue.sql, fixture.queue.settings, start);
    const kept = () => fixture.queue.sql.all<{ sequence: number }>('SELECT sequence FROM log ORDER BY sequence');
    expect(kept()).toEqual([{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }]);
    pruneLog(fixture.queue.sql, fixture.queue.settings, start + 60_001);
    expect(kept()).toEqual([]);
  });

  test('the log has a size', async () => {
    const fixture = await QueueFixture.open({ events_retention_bytes: 1_000_000 });
    const length = () =>
      fixture.queue.sql.one<{ length: number }>('SELECT SUM(LENGTH(body)) AS length FROM log').length;
    const written = () => fixture.log.reduce((sum, row) => sum + JSON.stringify(row.body).length, 0);
    const runner = new ProtocolRunner(fixture).register();
    for (let batch = 0; written() < 2_000_000; batch++) {
      fixture.enqueue(plainBatch(`b${batch}`, 500));
      const grants = runner.claim(500).map(entries);
      runner.post(...grants.flatMap(({ started, running, result, complete }) => [started, running, result, complete]));
    }
    expect(length()).toBeLessThan(1_100_000);
    expect(length()).toBeGreaterThan(800_000);
  });
});

describe('a full queue', () => {
  const refusal = (action: () => unknown): object => {
    try {
      action();
    } catch (error) {
      if (error instanceof RefusedError) return error.problem;
      throw error;
    }
    return {};
  };

  test('grants nothing when its database is past the limit, and can be cleared', async () => {
    const fixture = await QueueFixture.open({ max_storage_bytes: 1_000_000 });
    const heavy = { workflow: JSON.stringify({ text: 'x'.repeat(1_200_000) }) };
    fixture.enqueue(plainBatch('first', 1, heavy));
    expect(refusal(() => fixture.enqueue(plainBatch('second', 1)))).toMatchObject({
      code: 'storage_full',
      detail: expect.stringContaining('clear or prune'),
    });
    expect(runAll(fixture)).toBe(0);
    fixture.command('clear', null);
    expect(fixture.statuses()).toEqual([]);
  });

  test('and near the limit it takes nothing new, while what it has goes on', async () => {
    const fixture = await QueueFixture.open({ max_storage_bytes: 1_200_000 });
    fixture.enqueue(plainBatch('first', 1, { workflow: JSON.stringify({ text: 'x'.repeat(1_100_000) }) }));
    expect(refusal(() => fixture.enqueue(plainBatch('second', 1)))).toMatchObject({ code: 'storage_full' });
    expect(runAll(fixture)).toBe(1);
    expect(fixture.statuses()).toEqual(['completed']);
  });

  test('answers a batch of which nothing fits as full, also one that would do with a part', async () => {
    const fixture = await QueueFixture.open({ max_queue_size: 1 });
    fixture.enqueue(plainBatch('all', 1));
    const more = plainBatch('none', 2, { allow_partial: true });
    expect(refusal(() => fixture.enqueue(more))).toMatchObject({ code: 'queue_full', room: 0 });
  });

  test('and one user may have only so much of it', async () => {
    const fixture = await QueueFixture.open({ max_user_pending: 3, max_queue_size: 5 });
    fixture.enqueue(plainBatch('of-ann', 2, { user_id: 'ann' }));
    expect(refusal(() => fixture.enqueue(plainBatch('more', 2, { user_id: 'ann' })))).toMatchObject({
      code: 'queue_full',
      room: 1,
    });
    expect(fixture.enqueue(plainBatch('part', 9, { user_id: 'bob', allow_partial: true }))).toMatchObject({
      enqueued: 3,
      requested: 9,
    });
    expect(refusal(() => fixture.enqueue(plainBatch('last', 1, { user_id: 'ann' })))).toMatchObject({ room: 0 });
  });
});

describe('a repeated enqueue', () => {
  const idempotency = { key: 'k', body_hash: 'h' };

  test('answers what it answered, until its answer is forgotten', async () => {
    const fixture = await QueueFixture.open({ idempotency_retention_seconds: 3_600 });
    const first = fixture.enqueue(plainBatch('made', 2, { idempotency }));
    expect(fixture.enqueue(plainBatch('made anew', 2, { idempotency }))).toEqual({ ...first, replayed: true });
    expect(fixture.statuses()).toHaveLength(2);
    expect(() => fixture.enqueue(plainBatch('x', 1, { idempotency: { key: 'k', body_hash: 'other' } }))).toThrow(
      /another body/,
    );
    pass(fixture, fixture.now + 3 * 3_600_000);
    expect(fixture.enqueue(plainBatch('late', 2, { idempotency }))).toMatchObject({
      batch_id: 'late',
      replayed: false,
    });
  });

  test('that was refused left nothing behind, and may pass later', async () => {
    const fixture = await QueueFixture.open({ max_queue_size: 1 });
    expect(() => fixture.enqueue(plainBatch('large', 2, { idempotency }))).toThrow(/room/);
    expect(fixture.enqueue(plainBatch('small', 1, { idempotency }))).toMatchObject({ replayed: false });
  });
});
