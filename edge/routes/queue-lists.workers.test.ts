import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Capacity } from '../../contract/queue/capacity.ts';
import { Item, ItemIdsResult, ItemInvocations, ItemOutputs, ItemPage, ItemSummary } from '../../contract/queue/item.ts';
import { CountsByDestination } from '../../contract/queue/queue.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { queueStub } from '../env.ts';
import { type Call, caller, callerOf, makeKey, migrateAccount } from '../testing/account.ts';

let adminKey: string;
let admin: Call;
let ann: Call;
let bob: Call;
let runner: Call;
beforeAll(async () => {
  await migrateAccount();
  const scopes = ['read', 'enqueue', 'cancel'] as ('read' | 'enqueue' | 'cancel')[];
  adminKey = await makeKey();
  admin = caller(adminKey);
  ann = caller(await makeKey({ scopes, user_id: 'ann' }));
  bob = caller(await makeKey({ scopes, user_id: 'bob' }));
  runner = caller(await makeKey({ scopes: ['runner'] }));
});

let queues = 0;
async function aQueue(): Promise<string> {
  const queue_id = `lists-${++queues}`;
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  return `/api/v1/queue/${queue_id}`;
}

const graph = {
  nodes: Object.fromEntries(
    ['a', 'b', 'n'].map((id) => [id, { type: 'integer', value: 1, is_intermediate: id === 'a' }]),
  ),
  edges: [],
};

async function enqueue(prefix: string, call: Call, batch: object = {}): Promise<void> {
  const response = await call('POST', `${prefix}/enqueue_batch`, { json: { batch: { graph, ...batch } } });
  expect(response.status, await response.clone().text()).toBe(201);
}

/** The answer, which must fit what the document says of it. */
async function get<Schema extends z.ZodType>(
  call: Call,
  path: string,
  schema: Schema,
  json?: object,
): Promise<z.output<Schema>> {
  const response = await call(json ? 'POST' : 'GET', path, json ? { json } : {});
  expect(response.status, await response.clone().text()).toBe(200);
  expect(response.headers.get('content-type')).toMatch('application/json');
  return schema.parse(await response.json());
}

/** A runner that has claimed and started `max_items`. */
async function start(prefix: string, max_items: number) {
  const post = async <Result>(path: string, json: object): Promise<Result> => {
    const response = await runner('POST', `${prefix}/runner/${path}`, { json });
    expect(response.status, await response.clone().text()).toBe(200);
    return response.json();
  };
  const about = { protocol: PROTOCOL_VERSION, runner_id: 'r1', name: 'r1', engine: ENGINE_VERSION };
  const types = { integer: '1.0.0' };
  const { epoch } = await post<{ epoch: number }>('register', { ...about, types, devices: [{ id: 'cpu' }] });
  const identity = { runner_id: 'r1', epoch };
  const { grants } = await post<{ grants: Grant[] }>('claim', { ...identity, claim: 1, max_items });
  const report = (list: object[]) => post('callbacks', { ...identity, entries: list });
  await report(grants.map((grant) => entries(grant).started));
  return { grants, report };
}

describe('items by their ids', () => {
  test('[A144] more than 1,000 are refused before the queue is asked; 1,000 are not', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 3 });
    const untouched = new Proxy(env.QUEUE, {
      get() {
        throw new Error('the queue was asked');
      },
    });
    const cut = callerOf({ QUEUE: untouched }, adminKey);
    const ids = (count: number) => ({ json: { item_ids: Array.from({ length: count }, (_, index) => count - index) } });
    for (const path of [`${prefix}/items_by_ids`, `${prefix}/item_summaries_by_ids`]) {
      const refused = await cut('POST', path, ids(1_001));
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/item_ids', code: 'too_large' }] });
      expect((await cut('POST', path, ids(1))).status).toBe(500);
      const taken = await admin('POST', path, ids(1_000));
      expect(taken.status).toBe(200);
      expect((await taken.json<{ item_id: number }[]>()).map((item) => item.item_id)).toEqual([3, 2, 1]);
    }
  });

  test('[Q128] whole or in short, in the order of the ids, redacted for others', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 2, destination: 'here' });
    await enqueue(prefix, bob);
    const json = { item_ids: [3, 9, 1] };
    const whole = await get(bob, `${prefix}/items_by_ids`, z.array(Item), json);
    expect(whole).toMatchObject([
      { item_id: 3, user_id: 'bob', session: { id: expect.stringContaining(':3'), results: {} } },
      { item_id: 1, user_id: 'redacted', destination: null, session: { id: 'redacted' } },
    ]);
    const short = await get(bob, `${prefix}/item_summaries_by_ids`, z.array(ItemSummary), json);
    expect(short).toEqual(whole.map(({ session: _, workflow: __, ...summary }) => summary));
    expect(await get(bob, `${prefix}/items_by_ids`, z.array(Item), { item_ids: [] })).toEqual([]);
  });
});

describe('lists', () => {
  test('ids: oldest first unless asked otherwise; a misspelt parameter is refused', async () => {
    const prefix = await aQueue();
    expect(await get(bob, `${prefix}/item_ids`, ItemIdsResult)).toEqual({ item_ids: [], total_count: 0 });
    await enqueue(prefix, ann, { runs: 3 });
    expect(await get(bob, `${prefix}/item_ids`, ItemIdsResult)).toEqual({ item_ids: [1, 2, 3], total_count: 3 });
    const newest = await get(bob, `${prefix}/item_ids?order_dir=DESC`, ItemIdsResult);
    expect(newest).toEqual({ item_ids: [3, 2, 1], total_count: 3 });
    for (const query of ['order_dir=up', 'order=ASC'])
      expect((await bob('GET', `${prefix}/item_ids?${query}`)).status).toBe(422);
  });

  test('pages: by cursor, filtered, and no further than to the last', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 5, destination: 'here' });
    await enqueue(prefix, bob, { runs: 2 });
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = `destination=here&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page: ItemPage = await get(ann, `${prefix}/list?${query}`, ItemPage);
      seen.push(...page.items.map((item) => item.item_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect((await get(admin, `${prefix}/list?user_id=bob`, ItemPage)).items).toHaveLength(2);
    expect((await get(bob, `${prefix}/list?user_id=ann`, ItemPage)).items).toEqual([]);
    expect((await ann('GET', `${prefix}/list?cursor=nonsense`)).status).toBe(422);
  });

  test('[A150] all items with their sessions: streamed, while the queue answers others', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 6_000 });
    await enqueue(prefix, bob, { runs: 2, priority: 5 });
    const response = await ann('GET', `${prefix}/list_all`);
    const reader = response.body?.getReader();
    if (!reader) throw new Error('no body');
    const decoder = new TextDecoder();
    const first = await reader.read();
    let text = decoder.decode(first.value, { stream: true });
    let chunks = 1;
    expect(await (await bob('GET', `${prefix}/status`)).json()).toMatchObject({ queue: { pending: 6_002 } });
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      chunks++;
    }
    expect(chunks).toBeGreaterThan(10);
    const items = JSON.parse(text) as Item[];
    expect(items.map((item) => item.item_id)).toEqual([
      6_001,
      6_002,
      ...Array.from({ length: 6_000 }, (_, index) => index + 1),
    ]);
    for (const item of [items[0], items[2]]) expect(Item.safeParse(item).error).toBeUndefined();
    expect(items[0]).toMatchObject({ user_id: 'redacted', priority: 0, session: { id: 'redacted' } });
    expect(items[2]).toMatchObject({ user_id: 'ann', session: { graph: { nodes: { n: { value: 1 } } } } });
  });

  test('a list that nobody reads on ends', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 2_000 });
    const response = await ann('GET', `${prefix}/list_all`);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect((await ann('GET', `${prefix}/status`)).status).toBe(200);
  });

  test('all of a destination; an item that cannot be read costs the others nothing', async () => {
    const prefix = await aQueue();
    const data = [[{ node_path: 'n', field_name: 'value', items: [1, 2] }]];
    for (const [call, batch_id] of [
      [ann, 'good'],
      [ann, 'bad'],
      [bob, 'other'],
    ] as const)
      await enqueue(prefix, call, { batch_id, data, destination: 'here' });
    await runInDurableObject(queueStub(env, prefix.split('/').at(-1) ?? ''), (_, state) => {
      state.storage.sql.exec('DELETE FROM batch_values WHERE batch_no = 2');
    });
    const ids = async (call: Call, query: string) =>
      (await get(call, `${prefix}/list_all${query}`, z.array(Item))).map((item) => item.item_id);
    expect(await ids(admin, '')).toEqual([1, 2, 5, 6]);
    expect(await ids(ann, '?destination=here')).toEqual([1, 2]);
    expect(await ids(admin, '?destination=nowhere')).toEqual([]);
  });
});

describe('one item', () => {
  test('what it ran and returned, by pages; the one that is in progress', async () => {
    const prefix = await aQueue();
    expect(await (await bob('GET', `${prefix}/current`)).json()).toBeNull();
    await enqueue(prefix, ann);
    const { grants, report } = await start(prefix, 1);
    const [grant] = grants;
    if (!grant) throw new Error('no grant');
    const { result } = entries(grant);
    await report(['a', 'b', 'n'].map((invocation_id) => ({ ...result, invocation_id })));
    expect(await get(ann, `${prefix}/current`, Item)).toMatchObject({
      item_id: 1,
      session: { executed: ['a', 'b', 'n'] },
    });
    expect(await get(bob, `${prefix}/current`, Item)).toMatchObject({ item_id: 1, session: { id: 'redacted' } });
    const path = `${prefix}/i/1/invocations`;
    const first = await get(ann, `${path}?limit=2`, ItemInvocations);
    expect(first.invocations.map((one) => one.invocation_id)).toEqual(['a', 'b']);
    const last = await get(ann, `${path}?limit=2&cursor=${first.next_cursor}`, ItemInvocations);
    expect(last).toMatchObject({ status: 'in_progress', invocations: [{ invocation_id: 'n' }], next_cursor: null });
    const outputs = await get(ann, `${prefix}/i/1/outputs?limit=1`, ItemOutputs);
    expect(outputs).toMatchObject({ item_id: 1, outputs: [{ invocation_id: 'b' }] });
    const rest = await get(ann, `${prefix}/i/1/outputs?limit=1&cursor=${outputs.next_cursor}`, ItemOutputs);
    expect(rest).toMatchObject({ outputs: [{ invocation_id: 'n' }], next_cursor: null });
    expect((await bob('GET', path)).status).toBe(403);
    expect((await ann('GET', `${prefix}/i/2/outputs`)).status).toBe(404);
  });

  test('results of 12 MiB: links instead of the session, also in lists, and pages that hold them all', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann);
    const count = 200;
    const text = JSON.stringify({ type: 'string_output', value: 'x'.repeat(62_000) });
    await runInDurableObject(queueStub(env, prefix.split('/').at(-1) ?? ''), (_, { storage: { sql } }) => {
      sql.exec(
        `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
         INSERT INTO invocations (item_id, invocation_id, ordinal, result, started_at, completed_at, seconds, fence, runner_no, cached)
         SELECT 1, 'n#' || n, n, ?, 0, 0, 0, 1, 1, 0 FROM numbers`,
        count,
        text,
      );
      sql.exec('UPDATE items SET results = ?, result_bytes = ?', count, count * text.length);
    });
    const { session } = await get(ann, `${prefix}/i/1`, Item);
    expect(session).toEqual({
      id: expect.stringContaining(':1'),
      graph: expect.objectContaining({ nodes: expect.objectContaining({ n: expect.anything() }) }),
      invocations: count,
      links: { invocations: `${prefix}/i/1/invocations`, outputs: `${prefix}/i/1/outputs` },
    });
    for (const list of ['list_all', 'items_by_ids'] as const) {
      const [item] = await get(
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
      const page = await get(ann, `${prefix}/i/1/invocations${query}`, ItemInvocations);
      seen.push(...page.invocations.map((one) => one.invocation_id));
      query = page.next_cursor === null ? 'end' : `?cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `n#${index}`));
    expect(pages).toBe(3);
  });
});

describe('counters and signals', () => {
  test('of a destination: everybody’s for an admin, others their own', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 3, destination: 'canvas:1' });
    await enqueue(prefix, bob, { runs: 2, destination: 'canvas:1' });
    const counts = (call: Call, destination: string) =>
      get(call, `${prefix}/counts_by_destination?destination=${encodeURIComponent(destination)}`, CountsByDestination);
    expect(await counts(admin, 'canvas:1')).toMatchObject({ pending: 5, total: 5, destination: 'canvas:1' });
    expect(await counts(bob, 'canvas:1')).toMatchObject({ pending: 2, total: 2 });
    expect(await counts(bob, 'nowhere')).toMatchObject({ pending: 0, total: 0 });
    expect((await bob('GET', `${prefix}/counts_by_destination`)).status).toBe(422);
  });

  test('metrics are Prometheus text, capacity is JSON', async () => {
    const prefix = await aQueue();
    await enqueue(prefix, ann, { runs: 3 });
    await start(prefix, 1);
    const metrics = await bob('GET', `${prefix}/metrics`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await metrics.text();
    const queue_id = prefix.split('/').at(-1);
    expect(text).toContain(`switchyard_items{queue="${queue_id}",status="pending"} 2\n`);
    expect(text).toContain(`switchyard_sockets{queue="${queue_id}",kind="events"} 0\n`);
    const capacity = await get(bob, `${prefix}/capacity`, Capacity);
    expect(capacity.demands).toMatchObject([{ pending: 2, in_progress: 1, runners_able: 1, runners_idle: 0 }]);
  });
});

test('an enqueue’s trace goes to its runner and into the log', async () => {
  const prefix = await aQueue();
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${trace_id}-00f067aa0ba902b7-01` };
  const response = await ann('POST', `${prefix}/enqueue_graph`, { json: { graph }, headers });
  expect(response.status).toBe(201);
  const { grants } = await start(prefix, 1);
  expect(grants[0]?.traceparent).toMatch(new RegExp(`^00-${trace_id}-[0-9a-f]{16}-01$`));
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
  log.mockRestore();
  expect(lines.filter((line) => line.trace_id === trace_id)).toMatchObject([
    { level: 'info', message: 'batch enqueued', user_id: 'ann' },
    { level: 'info', message: 'item in_progress', item_id: 1, status: 'in_progress', status_sequence: 1 },
  ]);
});
