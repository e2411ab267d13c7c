import { beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../../contract/error/problem.ts';
import { Item, ItemSummary } from '../../contract/queue/item.ts';
import { ItemPosition } from '../../contract/queue/order.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';

let admin: Call;
let ann: Call;
let bob: Call;
let canceler: Call;
beforeAll(async () => {
  await migrateAccount();
  const scopes = ['read', 'enqueue'] as ('read' | 'enqueue')[];
  admin = caller(await makeKey());
  ann = caller(await makeKey({ scopes, user_id: 'ann' }));
  bob = caller(await makeKey({ scopes, user_id: 'bob' }));
  canceler = caller(await makeKey({ scopes: ['cancel'], user_id: 'ann' }));
});

let queues = 0;
/** A queue with three items of Ann's. */
async function aQueue(): Promise<string> {
  const queue_id = `order-${++queues}`;
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  const prefix = `/api/v1/queue/${queue_id}`;
  const graph = { nodes: { n: { type: 'integer', value: 1 } }, edges: [] };
  const enqueued = await ann('POST', `${prefix}/enqueue_batch`, { json: { batch: { graph, runs: 3 } } });
  expect(enqueued.status, await enqueued.clone().text()).toBe(201);
  return prefix;
}

const next = async (call: Call, prefix: string) => {
  const response = await call('GET', `${prefix}/next`);
  expect(response.status).toBe(200);
  return Item.nullable().parse(await response.json());
};

describe('the order of claims', () => {
  test('an owner moves and reprioritises, and next and position say so', async () => {
    const prefix = await aQueue();
    expect((await next(ann, prefix))?.item_id).toBe(1);
    const moved = await ann('PUT', `${prefix}/i/3/move`, { json: { before: 1 } });
    expect(moved.status, await moved.clone().text()).toBe(200);
    expect(ItemSummary.parse(await moved.json())).toMatchObject({ item_id: 3, status: 'pending', priority: 0 });
    const raised = await ann('PUT', `${prefix}/i/2/priority`, { json: { priority: 5 } });
    expect(ItemSummary.parse(await raised.json())).toMatchObject({ item_id: 2, priority: 5 });
    expect((await next(ann, prefix))?.item_id).toBe(2);
    const position = await ann('GET', `${prefix}/i/1/position`);
    expect(ItemPosition.parse(await position.json())).toEqual({ item_id: 1, position: 2, total: 3 });
  });

  test('others see that an item is next and nothing of what it is; nothing is null', async () => {
    const prefix = await aQueue();
    expect(await next(bob, prefix)).toMatchObject({ item_id: 1, user_id: 'redacted', session: { id: 'redacted' } });
    for (const item_id of [1, 2, 3]) await admin('PUT', `${prefix}/i/${item_id}/cancel`);
    expect(await next(ann, prefix)).toBe(null);
  });

  test('what is wrong is told, and needs the right to enqueue', async () => {
    const prefix = await aQueue();
    const answers: [Call, string, object, number][] = [
      [ann, 'i/1/move', { before: 1 }, 409],
      [ann, 'i/1/move', { before: 99 }, 404],
      [ann, 'i/99/move', { after: 1 }, 404],
      [ann, 'i/1/move', {}, 422],
      [ann, 'i/1/move', { before: 2, after: 3 }, 422],
      [ann, 'i/1/move', { before: '2' }, 422],
      [ann, 'i/1/priority', { priority: 1.5 }, 422],
      [ann, 'i/1/priority', { priority: 1_000_001 }, 422],
      [bob, 'i/1/priority', { priority: 1 }, 403],
      [bob, 'i/1/move', { after: 2 }, 403],
      [canceler, 'i/1/move', { after: 2 }, 403],
      [canceler, 'i/1/priority', { priority: 1 }, 403],
    ];
    for (const [call, path, json, status] of answers) {
      const response = await call('PUT', `${prefix}/${path}`, { json });
      expect(response.status, `${path} ${JSON.stringify(json)}`).toBe(status);
      expect(Problem.parse(await response.json()).status).toBe(status);
    }
    expect((await bob('GET', `${prefix}/i/1/position`)).status).toBe(403);
    expect((await next(ann, prefix))?.item_id).toBe(1);
  });
});
