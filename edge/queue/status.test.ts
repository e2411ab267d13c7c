import { describe, expect, test } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, aBatch, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { readRows, tell } from './telling.ts';

/** The tables that statements name while `body` runs. */
function tablesRead(fixture: QueueFixture, body: () => unknown): string[] {
  const { sql } = fixture.queue;
  const statements: string[] = [];
  const { all } = sql;
  sql.all = ((query: string, ...bindings: never[]) => {
    statements.push(query);
    return all.call(sql, query, ...bindings);
  }) as typeof sql.all;
  try {
    body();
  } finally {
    delete (sql as Partial<typeof sql>).all;
  }
  return [
    ...new Set(statements.join(' ').match(/\b(?:batch_documents|batch_values|invocations|items|queue)\b/g)),
  ].sort();
}

async function aRunningItem() {
  const fixture = await QueueFixture.open();
  fixture.enqueue(aBatch({ user_id: 'ann', batch_id: 'of-ann', workflow: '{}' }));
  fixture.enqueue(plainBatch('of-bob', 2, { user_id: 'bob' }));
  const runner = new ProtocolRunner(fixture).register();
  const [grant] = runner.claim(1);
  if (!grant) throw new Error('no grant');
  runner.post(entries(grant).started);
  return { fixture, runner, grant };
}

describe('[Q127] status', () => {
  test('counts of the queue and one’s own; the current item for its owner and admins', async () => {
    const { fixture } = await aRunningItem();
    const counts = { pending: 4, in_progress: 1, waiting: 0, total: 5 };
    const { queue, processor } = fixture.read('status', null, person('ann'));
    expect(queue).toMatchObject({ ...counts, item_id: 1, batch_id: 'of-ann', user_pending: 2, user_in_progress: 1 });
    expect(processor).toEqual({ is_started: true, is_processing: true });
    const hidden = { item_id: null, session_id: null, batch_id: null };
    expect(fixture.read('status', null, person('bob')).queue).toMatchObject({ ...counts, ...hidden, user_pending: 2 });
    expect(fixture.read('status', null, ADMIN).queue).toMatchObject({ ...counts, item_id: 1, user_pending: 0 });
  });

  test('the one inside an event is redacted alike', async () => {
    const { fixture } = await aRunningItem();
    const row = fixture.log.at(-1);
    const fact = row?.body.facts.at(-1);
    if (!row || fact?.[0] !== 'status') throw new Error('the last event is no change of status');
    const telling = tell(fixture.queue, row, fact, readRows(fixture.queue, [fact]));
    const full = telling?.full() ?? {};
    expect(full).toMatchObject({ queue_status: { pending: 4, item_id: 1, user_pending: 2, user_in_progress: 1 } });
    const hidden = { item_id: null, session_id: null, batch_id: null, user_pending: null, user_in_progress: null };
    expect(telling?.redacted?.(full)).toMatchObject({ item_id: 1, queue_status: { pending: 4, ...hidden } });
  });

  test('no session is read for it, nor for a change of status', async () => {
    const { fixture, runner, grant } = await aRunningItem();
    expect(tablesRead(fixture, () => fixture.read('status', null, person('ann')))).toEqual(['items', 'queue']);
    const { complete } = entries(grant);
    expect(tablesRead(fixture, () => runner.post({ ...complete, results: 0 }))).toEqual(['items', 'queue']);
    expect(fixture.item(1).status).toBe('completed');
  });
});

describe('[Q129] recording a result', () => {
  test('reads neither the item’s graph and values nor the results before it', async () => {
    const { fixture, runner, grant } = await aRunningItem();
    const { running, result } = entries(grant);
    runner.post(running);
    const tables = tablesRead(fixture, () => runner.post(result));
    expect(tables).toEqual(['invocations', 'items', 'queue']);
  });
});

test('[A146] a user’s status shows what waits, and the user’s own counts', async () => {
  const { fixture } = await aRunningItem();
  fixture.queue.sql.all('UPDATE queue SET waiting = 1, in_progress = 0');
  fixture.queue.sql.all(`UPDATE users SET waiting = 1, in_progress = 0 WHERE user_id = 'ann'`);
  const { queue } = fixture.read('status', null, person('ann'));
  expect(queue).toMatchObject({ waiting: 1, in_progress: 0, user_pending: 2, user_in_progress: 0, total: 5 });
});

describe('[Q115] status_sequence', () => {
  const sequences = (fixture: QueueFixture) =>
    fixture.log.flatMap((row) => row.body.facts.flatMap((fact) => (fact[0] === 'status' ? [[fact[1], fact[4]]] : [])));

  test('0 when enqueued, 1 when started, 2 when ended, and so in the events; a lease changes nothing', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    expect(fixture.item(1).status_sequence).toBe(0);
    const runner = new ProtocolRunner(fixture).register();
    const [grant] = runner.claim(1);
    if (!grant) throw new Error('no grant');
    expect(fixture.item(1).status_sequence).toBe(0);
    runner.post(entries(grant).started);
    expect(fixture.item(1).status_sequence).toBe(1);
    const { running, result, complete } = entries(grant);
    runner.post(running, result, complete, complete);
    expect(fixture.item(1).status_sequence).toBe(2);
    expect(sequences(fixture)).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  test('a bulk cancel adds 1, also to what was started', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 3));
    const runner = new ProtocolRunner(fixture).register();
    const [first] = runner.claim(2);
    if (!first) throw new Error('no grant');
    runner.post(entries(first).started);
    fixture.command('cancel_by_batch_ids', ['b']);
    expect([1, 2, 3].map((item_id) => fixture.item(item_id).status_sequence)).toEqual([2, 1, 1]);
    expect(sequences(fixture)).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });
});
