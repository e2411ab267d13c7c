import { describe, expect, test } from 'vitest';
import { SESSION_OUTPUT_BYTES_MAX, SESSION_SHOWN_LENGTH_MAX } from '../../contract/limits.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { ADMIN, aBatch, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { BEFORE_FIRST, type InvocationPage } from './invocation-reads.ts';
import { redact } from './redact.ts';

/** Records `count` invocations of item 1 as if they had been posted: every tenth of a node that is intermediate. */
function record(fixture: QueueFixture, count: number, length: number): void {
  const text = JSON.stringify({ type: 'string_output', value: 'x'.repeat(length) });
  fixture.queue.sql.all(
    `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
     INSERT INTO invocations (item_id, invocation_id, ordinal, result, started_at, completed_at, seconds, fence, runner_no, device, cached)
     SELECT 1, CASE WHEN n % 10 = 0 THEN 'hidden#' ELSE 'n#' END || n, n, ?2, 0, 0, 0.001, 1, 1, 'cpu', 0 FROM numbers`,
    count,
    text,
  );
  fixture.queue.sql.all('UPDATE items SET results = ?, result_bytes = ? WHERE item_id = 1', count, count * text.length);
}

const nodes = [false, true].map((is_intermediate) => ({
  id: is_intermediate ? 'hidden' : 'n',
  type: 'integer',
  is_intermediate,
  use_cache: true,
  value: 1,
}));
const twoNodes = JSON.stringify({ engine: ENGINE_VERSION, types: { integer: '1.0.0' }, nodes, edges: [] });

function pagesOf(fixture: QueueFixture, outputs: boolean, limit: number): InvocationPage[] {
  const pages: InvocationPage[] = [];
  for (let after: number | null = BEFORE_FIRST; after !== null; ) {
    const page: InvocationPage = fixture.read('invocations', { item_id: 1, after, limit, outputs }, person('ann'));
    pages.push(page);
    after = page.next;
  }
  return pages;
}

describe('items by their ids', () => {
  test('[Q128] in the order that is asked for, missing ones left out, more than a statement may bind', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 900, { user_id: 'ann' }));
    fixture.queue.sql.all('UPDATE items SET deleted = 1, status = ? WHERE item_id = 7', 'canceled');
    const item_ids = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
    for (const summaries of [true, false]) {
      const { items, taken } = fixture.read('items_by_ids', { item_ids, summaries }, person('ann'));
      expect(items.map(({ summary }) => summary.item_id)).toEqual(item_ids.filter((id) => id <= 900 && id !== 7));
      expect(taken).toBe(1_000);
      expect(items.every(({ session }) => (session === null) === summaries)).toBe(true);
    }
    expect(fixture.read('items_by_ids', { item_ids: [3, 3, 1], summaries: true }).items).toHaveLength(3);
  });

  test('as many as an answer carries; the others are for the next call', async () => {
    const fixture = await QueueFixture.open();
    const rows = Array.from({ length: 9 }, () => [`"${'x'.repeat(ANSWER_LENGTH_MAX / 4)}"`]);
    const chunks = rows.map((row, first) => ({ first, body: `[[${row}]]` }));
    const groups = [{ length: 9, fields: [{ node_path: 'n', field_name: 'value' }], chunks }];
    fixture.enqueue(aBatch({ groups, requested: 9 }));
    const seen: number[] = [];
    let calls = 0;
    for (let item_ids = [9, 8, 7, 6, 5, 4, 3, 2, 1]; item_ids.length > 0; calls++) {
      const { items, taken } = fixture.read('items_by_ids', { item_ids, summaries: true });
      seen.push(...items.map(({ summary }) => summary.item_id));
      item_ids = item_ids.slice(taken);
    }
    expect(seen).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(calls).toBe(3);
  });

  test('one that cannot be read costs the others nothing', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(aBatch({ batch_id: 'good' }));
    fixture.enqueue(aBatch({ batch_id: 'bad' }));
    fixture.queue.sql.all('DELETE FROM batch_values WHERE batch_no = 2');
    const details = fixture.read('items_by_ids', { item_ids: [1, 4, 2], summaries: false });
    expect(details).toMatchObject({ unreadable: [4], taken: 3 });
    expect(details.items.map(({ summary }) => summary.item_id)).toEqual([1, 2]);
    expect(fixture.read('items', { after: 0, limit: 10 }).items).toHaveLength(3);
  });

  test('the item that is in progress, whole for its owner; null when nothing runs', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 3, { user_id: 'ann' }));
    const runner = new ProtocolRunner(fixture).register();
    expect(fixture.read('current', null)).toBeNull();
    const grants = runner.claim(3);
    expect(fixture.read('current', null)).toBeNull();
    for (const grant of grants.slice(1)) runner.post(entries(grant).started);
    expect(fixture.read('current', null, person('ann'))).toMatchObject({ summary: { item_id: 2, user_id: 'ann' } });
    const seen = fixture.read('current', null, person('bob'));
    expect(seen).toMatchObject({ summary: { item_id: 2, status: 'in_progress', user_id: 'redacted' }, session: null });
  });
});

describe('sessions with very many invocations', () => {
  test('200,000 are read by pages, each once and in order, and the item shows links instead', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann', graph: twoNodes }));
    const count = 200_000;
    record(fixture, count, 10);
    const { session } = fixture.read('item', 1, person('ann'));
    expect(session).toMatchObject({ invocations: count, records: null });
    const first = fixture.read('invocations', { item_id: 1, after: BEFORE_FIRST, limit: 1_000, outputs: false });
    expect(first).toMatchObject({ records: { length: 1_000 }, next: 999, status: 'pending' });
    const seen = pagesOf(fixture, false, 20_000).flatMap((page) => page.records);
    expect(seen.map((one) => Number(one.invocation_id.split('#')[1]))).toEqual(
      Array.from({ length: count }, (_, index) => index),
    );
  }, 30_000);

  test('outputs are the results of nodes that are not intermediate, by pages of them', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann', graph: twoNodes }));
    record(fixture, 100, 10);
    const pages = pagesOf(fixture, true, 40);
    expect(pages.map((page) => page.records.length)).toEqual([40, 40, 10]);
    const ids = pages.flatMap((page) => page.records).map((one) => one.invocation_id);
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => `n#${index}`).filter((_, index) => index % 10 > 0));
  });

  test('as many results as a session may have are pages that an answer carries', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann', graph: twoNodes }));
    record(fixture, 200, 62_000);
    const { result_bytes } = fixture.queue.sql.one<{ result_bytes: number }>('SELECT result_bytes FROM items');
    expect(result_bytes).toBeGreaterThan(SESSION_OUTPUT_BYTES_MAX * 0.95);
    expect(fixture.read('item', 1, person('ann')).session?.records).toBeNull();
    const pages = pagesOf(fixture, false, 1_000);
    expect(pages.map((page) => page.records.length)).toEqual([67, 67, 66]);
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(ANSWER_LENGTH_MAX * 1.01);
  });

  test('a session just below the limit is shown with all of its results', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann', graph: twoNodes }));
    record(fixture, 130, 62_000);
    const records = fixture.read('item', 1, person('ann')).session?.records;
    expect(records).toHaveLength(130);
    expect(JSON.stringify(records).length).toBeLessThan(SESSION_SHOWN_LENGTH_MAX);
  });

  test('others are told nothing of them, and of an item that is not there nobody is', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, { user_id: 'ann' }));
    const query = { item_id: 1, after: BEFORE_FIRST, limit: 10, outputs: false };
    expect(fixture.read('invocations', query, person('ann'))).toEqual({ status: 'pending', records: [], next: null });
    expect(() => fixture.read('invocations', query, person('bob'))).toThrow('belongs to somebody else');
    expect(() => fixture.read('invocations', { ...query, item_id: 2 })).toThrow('no item 2');
  });
});

describe('[A145] redaction', () => {
  const deepFreeze = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null)
      for (const part of Object.values(Object.freeze(value))) deepFreeze(part);
    return value;
  };
  /** What an item, its summary and its events show to everybody. */
  const OPEN = [
    'item_id',
    'queue_id',
    'status',
    'status_sequence',
    'device',
    'created_at',
    'updated_at',
    'started_at',
    'completed_at',
  ];

  test('one table for summary, full item and events; the original stays as it is', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(
      aBatch({
        user_id: 'ann',
        origin: 'secret',
        destination: 'secret',
        priority: 3,
        workflow: '{"secret":1}',
        deadline: 9_000_000,
      }),
    );
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(1)) runner.post(entries(grant).started, entries(grant).failed);
    const { summary, session } = fixture.read('item', 1, person('ann'));
    const whole = deepFreeze({
      ...{ ...summary, workflow_call_id: 'secret', parent_item_id: 9, parent_session_id: 'secret', root_item_id: 9 },
      ...{
        workflow_call_depth: 2,
        retried_from_item_id: 9,
        workflow: session?.workflow,
        session: { id: 'secret', results: { n: 1 } },
      },
      queue_status: {
        pending: 1,
        item_id: 1,
        session_id: 'secret',
        batch_id: 'secret',
        user_pending: 9,
        user_in_progress: 9,
      },
      batch_status: { pending: 1, batch_id: 'secret', origin: 'secret', destination: 'secret' },
    });
    const before = structuredClone(whole);
    const shown = redact(whole);
    expect(whole).toEqual(before);
    expect(JSON.stringify(shown)).not.toMatch(/secret|ann|bad|ValueError/);
    expect(shown).toMatchObject({ user_id: 'redacted', batch_id: 'redacted', session_id: 'redacted', priority: 0 });
    expect(shown).toMatchObject({ session: { id: 'redacted', results: {} }, workflow: null, field_values: [] });
    for (const name of OPEN) expect(shown).toHaveProperty(name, whole[name as keyof ItemSummary]);
    const hidden = Object.entries(whole).filter(([name, value]) => !OPEN.includes(name) && value !== null);
    for (const [name, value] of hidden) expect(shown, name).not.toHaveProperty(name, value);
    expect(hidden.length).toBeGreaterThan(20);
    const asOthersSee = fixture.read('item', 1, person('bob'));
    expect(asOthersSee).toEqual({ summary: redact(summary), session: null });
    const listed = fixture.read('items_by_ids', { item_ids: [1], summaries: true }, person('bob'));
    expect(listed.items[0]?.summary).toEqual(asOthersSee.summary);
  });

  test('items of `system` are hidden from those who are no admins, as anybody else’s', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    expect(fixture.read('item', 1, person('bob'))).toMatchObject({ summary: { user_id: 'redacted' }, session: null });
    expect(fixture.read('item', 1, ADMIN)).toMatchObject({ summary: { user_id: 'system' } });
  });
});
