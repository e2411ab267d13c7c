import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Item, ItemInvocations, ItemOutputs } from '../../contract/queue/item.ts';
import { ItemLogs, ItemStats } from '../../contract/queue/statistics.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { answerOf } from '../testing/answer.ts';
import { TestQueue } from '../testing/queue.ts';

let ann: Call;
let bob: Call;
beforeAll(async () => {
  await migrateAccount();
  const scopes = ['read', 'enqueue', 'cancel'] as ('read' | 'enqueue' | 'cancel')[];
  ann = caller(await makeKey({ scopes, user_id: 'ann' }));
  bob = caller(await makeKey({ scopes, user_id: 'bob' }));
});

const node = (id: string) => ({ id, type: 'integer', value: 1, is_intermediate: id === 'a' });
const graph = { nodes: { a: node('a'), b: node('b'), n: node('n') }, edges: [] };

describe('one item', () => {
  test('what it ran and returned, by pages; the one that is in progress', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    expect(await (await bob('GET', `${prefix}/current`)).json()).toBeNull();
    await queue.enqueue({ graph }, ann);
    await queue.register();
    const [grant] = await queue.claim(1);
    if (!grant) throw new Error('no grant');
    const { started, result } = entries(grant);
    await queue.post(started, ...['a', 'b', 'n'].map((invocation_id) => ({ ...result, invocation_id })));
    expect(await answerOf(ann, `${prefix}/current`, Item)).toMatchObject({
      item_id: 1,
      session: { executed: ['a', 'b', 'n'] },
    });
    expect(await answerOf(bob, `${prefix}/current`, Item)).toMatchObject({ item_id: 1, session: { id: 'redacted' } });
    const path = `${prefix}/i/1/invocations`;
    const first = await answerOf(ann, `${path}?limit=2`, ItemInvocations);
    expect(first.invocations.map((one) => one.invocation_id)).toEqual(['a', 'b']);
    const last = await answerOf(ann, `${path}?limit=2&cursor=${first.next_cursor}`, ItemInvocations);
    expect(last).toMatchObject({ status: 'in_progress', invocations: [{ invocation_id: 'n' }], next_cursor: null });
    const outputs = await answerOf(ann, `${prefix}/i/1/outputs?limit=1`, ItemOutputs);
    expect(outputs).toMatchObject({ item_id: 1, outputs: [{ invocation_id: 'b' }] });
    const rest = await answerOf(ann, `${prefix}/i/1/outputs?limit=1&cursor=${outputs.next_cursor}`, ItemOutputs);
    expect(rest).toMatchObject({ outputs: [{ invocation_id: 'n' }], next_cursor: null });
    expect((await bob('GET', path)).status).toBe(403);
    expect((await ann('GET', `${prefix}/i/2/outputs`)).status).toBe(404);
  });

  test('what its runs took and wrote, as JSON and as text', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ graph }, ann);
    await queue.register();
    const [grant] = await queue.claim(1);
    if (!grant) throw new Error('no grant');
    const { started, report, failed } = entries(grant);
    const at = '2026-01-02T03:04:05.678Z';
    const log = [
      { at, level: 'info' as const, message: 'two\nlines', invocation_id: 'n' },
      { at, level: 'warn' as const, message: 'ünicode\t\r\u001b[2K' },
    ];
    await queue.post(started, { ...report, report: { ...report.report, log } }, failed);
    const stats = await answerOf(ann, `${prefix}/i/1/stats`, ItemStats);
    expect(stats).toMatchObject({ status: 'failed', runs: [{ attempt: 1, device: 'cpu', ...report.report.stats }] });
    expect(stats.queue_wait_seconds).toBeGreaterThanOrEqual(0);
    const logs = await answerOf(ann, `${prefix}/i/1/logs`, ItemLogs);
    expect(logs.lines).toEqual(log.map((line) => ({ ...line, attempt: 1 })));
    const text = await ann('GET', `${prefix}/i/1/logs`, { headers: { accept: 'text/plain' } });
    expect(text.headers.get('content-type')).toMatch(/^text\/plain;/);
    expect(await text.text()).toBe(`${at} #1 info  n: two\n    lines\n${at} #1 warn  ünicode\t\ufffd\ufffd[2K\n`);
    for (const name of ['stats', 'logs']) {
      expect((await bob('GET', `${prefix}/i/1/${name}`)).status).toBe(403);
      expect((await ann('GET', `${prefix}/i/2/${name}`)).status).toBe(404);
    }
  });

  test('results of 12 MiB: links instead of the session, also in lists, and pages that hold them all', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({}, ann);
    const count = 200;
    const text = JSON.stringify({ type: 'string_output', value: 'x'.repeat(62_000) });
    await runInDurableObject(queue.stub, (_, { storage: { sql } }) => {
      sql.exec(
        `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
         INSERT INTO invocations (item_id, invocation_id, ordinal, result, started_at, completed_at, seconds, fence, runner_no, cached)
         SELECT 1, 'n#' || n, n, ?, 0, 0, 0, 1, 1, 0 FROM numbers`,
        count,
        text,
      );
      sql.exec('UPDATE items SET results = ?, result_bytes = ?', count, count * text.length);
    });
    const { session } = await answerOf(ann, `${prefix}/i/1`, Item);
    expect(session).toEqual({
      id: expect.stringContaining(':1'),
      graph: expect.objectContaining({ nodes: expect.objectContaining({ n: expect.anything() }) }),
      invocations: count,
      links: { invocations: `${prefix}/i/1/invocations`, outputs: `${prefix}/i/1/outputs` },
    });
    for (const list of ['list_all', 'items_by_ids'] as const) {
      const [item] = await answerOf(
        ann,
        `${prefix}/${list}`,
        z.array(Item),
        list === 'list_all' ? undefined : { item_ids: [1] },
      );
      expect(item?.session).toEqual(session);
    }
    const seen: string[] = [];
    let pages = 0;
    for (let query = ''; query !== 'end'; pages++) {
      const page = await answerOf(ann, `${prefix}/i/1/invocations${query}`, ItemInvocations);
      seen.push(...page.invocations.map((one) => one.invocation_id));
      query = page.next_cursor === null ? 'end' : `?cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `n#${index}`));
    expect(pages).toBe(3);
  });
});
