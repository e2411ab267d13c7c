import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Item, ItemIdsResult, ItemPage, ItemSummary } from '../../contract/queue/item.ts';
import { type Call, caller, callerOf, makeKey, migrateAccount } from '../testing/account.ts';
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

describe('items by their ids', () => {
  test('[A144] more than 1,000 are refused before the queue is asked; 1,000 are not', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 3 }, ann);
    const untouched = new Proxy(env.QUEUE, {
      get() {
        throw new Error('the queue was asked');
      },
    });
    const cut = callerOf({ QUEUE: untouched }, queue.key);
    const ids = (count: number) => ({ json: { item_ids: Array.from({ length: count }, (_, index) => count - index) } });
    for (const path of [`${prefix}/items_by_ids`, `${prefix}/item_summaries_by_ids`]) {
      const refused = await cut('POST', path, ids(1_001));
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/item_ids', code: 'too_large' }] });
      expect((await cut('POST', path, ids(1))).status).toBe(500);
      const taken = await queue.admin('POST', path, ids(1_000));
      expect(taken.status).toBe(200);
      expect((await taken.json<{ item_id: number }[]>()).map((item) => item.item_id)).toEqual([3, 2, 1]);
    }
  });

  test('[Q128] whole or in short, in the order of the ids, redacted for others', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 2, destination: 'here' }, ann);
    await queue.enqueue({}, bob);
    const json = { item_ids: [3, 9, 1] };
    const whole = await answerOf(bob, `${prefix}/items_by_ids`, z.array(Item), json);
    expect(whole).toMatchObject([
      { item_id: 3, user_id: 'bob', session: { id: expect.stringContaining(':3'), results: {} } },
      { item_id: 1, user_id: 'redacted', destination: null, session: { id: 'redacted' } },
    ]);
    const short = await answerOf(bob, `${prefix}/item_summaries_by_ids`, z.array(ItemSummary), json);
    expect(short).toEqual(whole.map(({ session: _, workflow: __, ...summary }) => summary));
    expect(await answerOf(bob, `${prefix}/items_by_ids`, z.array(Item), { item_ids: [] })).toEqual([]);
  });
});

describe('lists', () => {
  test('ids: oldest first unless asked otherwise; a misspelt parameter is refused', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    expect(await answerOf(bob, `${prefix}/item_ids`, ItemIdsResult)).toEqual({ item_ids: [], total_count: 0 });
    await queue.enqueue({ runs: 3 }, ann);
    expect(await answerOf(bob, `${prefix}/item_ids`, ItemIdsResult)).toEqual({ item_ids: [1, 2, 3], total_count: 3 });
    const newest = await answerOf(bob, `${prefix}/item_ids?order_dir=DESC`, ItemIdsResult);
    expect(newest).toEqual({ item_ids: [3, 2, 1], total_count: 3 });
    for (const query of ['order_dir=up', 'order=ASC'])
      expect((await bob('GET', `${prefix}/item_ids?${query}`)).status).toBe(422);
  });

  test('pages: by cursor, filtered, and no further than to the last', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 5, destination: 'here' }, ann);
    await queue.enqueue({ runs: 2 }, bob);
    for (const [order, ids] of [
      ['', [1, 2, 3, 4, 5]],
      ['&order_dir=DESC', [5, 4, 3, 2, 1]],
    ] as const) {
      const seen: number[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = `destination=here&limit=2${order}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const page: ItemPage = await answerOf(ann, `${prefix}/list?${query}`, ItemPage);
        seen.push(...page.items.map((item) => item.item_id));
        cursor = page.next_cursor;
      }
      expect(seen).toEqual(ids);
    }
    expect((await ann('GET', `${prefix}/list?order_dir=up`)).status).toBe(422);
    expect((await answerOf(queue.admin, `${prefix}/list?user_id=bob`, ItemPage)).items).toHaveLength(2);
    expect((await answerOf(bob, `${prefix}/list?user_id=ann`, ItemPage)).items).toEqual([]);
    expect((await ann('GET', `${prefix}/list?cursor=nonsense`)).status).toBe(422);
  });

  test('[A150] all items with their sessions: streamed, while the queue answers others', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 6_000 }, ann);
    await queue.enqueue({ runs: 2, priority: 5 }, bob);
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
    const queue = await TestQueue.create();
    const { prefix } = queue;
    await queue.enqueue({ runs: 2_000 }, ann);
    const response = await ann('GET', `${prefix}/list_all`);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect((await ann('GET', `${prefix}/status`)).status).toBe(200);
  });

  test('all of a destination; an item that cannot be read costs the others nothing', async () => {
    const queue = await TestQueue.create();
    const { prefix } = queue;
    const data = [[{ node_path: 'n', field_name: 'value', items: [1, 2] }]];
    for (const [call, batch_id] of [
      [ann, 'good'],
      [ann, 'bad'],
      [bob, 'other'],
    ] as const)
      await queue.enqueue({ batch_id, data, destination: 'here' }, call);
    await runInDurableObject(queue.stub, (_, state) => {
      state.storage.sql.exec('DELETE FROM batch_values WHERE batch_no = 2');
    });
    const ids = async (call: Call, query: string) =>
      (await answerOf(call, `${prefix}/list_all${query}`, z.array(Item))).map((item) => item.item_id);
    expect(await ids(queue.admin, '')).toEqual([1, 2, 5, 6]);
    expect(await ids(ann, '?destination=here')).toEqual([1, 2]);
    expect(await ids(queue.admin, '?destination=nowhere')).toEqual([]);
  });
});
