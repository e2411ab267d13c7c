import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, test } from 'vitest';
import { WAIT_SECONDS_MAX } from '../../contract/limits.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { caller, makeKey, migrateAccount } from '../testing/account.ts';
import { TestQueue } from '../testing/queue.ts';
import { preferredWait } from './item-wait.ts';

beforeAll(migrateAccount);

/** Resolves when somebody listens to the queue. */
async function listening(queue: TestQueue): Promise<void> {
  const count = () => runInDurableObject(queue.stub, (_, state) => state.getWebSockets().length);
  while ((await count()) === 0);
}

async function running(): Promise<{ queue: TestQueue; finish: () => Promise<unknown> }> {
  const queue = await TestQueue.create();
  await queue.enqueue({ runs: 2 });
  await queue.register();
  const [grant] = await queue.claim(1);
  if (!grant) throw new Error('no grant');
  await queue.post(entries(grant).started, entries(grant).running);
  return { queue, finish: () => queue.post(entries(grant).result, entries(grant).complete) };
}

describe('a held request', () => {
  test.each(['', '/outputs'])('is answered when the item is final: /i/1%s', async (path) => {
    const { queue, finish } = await running();
    const answer = queue.admin('GET', `${queue.prefix}/i/1${path}?wait=60`);
    await listening(queue);
    await finish();
    const response = await answer;
    expect(await response.json()).toMatchObject({ status: 'completed' });
    expect(response.headers.get('preference-applied')).toBeNull();
  });

  test('is answered at once for an item that is final, and says what it granted', async () => {
    const { queue, finish } = await running();
    await finish();
    const response = await queue.admin('GET', `${queue.prefix}/i/1`, {
      headers: { prefer: 'respond-async, wait=900' },
    });
    expect(response.headers.get('preference-applied')).toBe(`wait=${WAIT_SECONDS_MAX}`);
    expect(await response.json()).toMatchObject({ status: 'completed' });
  });

  test('goes on over an eviction, and ends when the item is canceled with many', async () => {
    const { queue } = await running();
    const answer = queue.admin('GET', `${queue.prefix}/i/2`, { headers: { prefer: 'wait=60' } });
    await listening(queue);
    await evictDurableObject(queue.stub);
    await queue.admin('PUT', `${queue.prefix}/cancel_by_batch_ids`, { json: { batch_ids: ['nothing'] } });
    const { batch_id } = await (await queue.admin('GET', `${queue.prefix}/i/2`)).json<{ batch_id: string }>();
    await queue.admin('PUT', `${queue.prefix}/cancel_by_batch_ids`, { json: { batch_ids: [batch_id] } });
    expect(await (await answer).json()).toMatchObject({ status: 'canceled' });
  });

  test('ends with 404 when the item is removed, and when it never was', async () => {
    const { queue } = await running();
    const answer = queue.admin('GET', `${queue.prefix}/i/2?wait=60`);
    await listening(queue);
    await queue.admin('PUT', `${queue.prefix}/clear`);
    expect((await answer).status).toBe(404);
    expect((await queue.admin('GET', `${queue.prefix}/i/77?wait=60`)).status).toBe(404);
  });

  test('tells how it is when the time is over', async () => {
    const { queue } = await running();
    const response = await queue.admin('GET', `${queue.prefix}/i/1?wait=0.05`);
    expect(await response.json()).toMatchObject({ status: 'in_progress' });
  });

  test('of somebody else’s item is redacted as ever, and wakes no runner’s progress', async () => {
    const { queue, finish } = await running();
    const orders = await queue.runnerSocket();
    const bob = caller(await makeKey({ user_id: 'bob', scopes: ['read'] }));
    const answer = bob('GET', `${queue.prefix}/i/1?wait=60`);
    while ((await runInDurableObject(queue.stub, (_, state) => state.getWebSockets().length)) < 2);
    await finish();
    expect(await (await answer).json()).toMatchObject({ status: 'completed', user_id: 'redacted' });
    expect(orders.messages.filter((message) => message.watched === true)).toEqual([]);
    orders.close();
  });

  test.each(['61', '-1', 'x', ''])('that asks for what cannot be is refused: ?wait=%s', async (wait) => {
    const queue = await TestQueue.create();
    const response = await queue.admin('GET', `${queue.prefix}/i/1?wait=${wait}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '?wait' }] });
  });
});

test.each<[string | undefined, number | null]>([
  [undefined, null],
  ['', null],
  ['return=minimal', null],
  ['wait=20', 20],
  ['respond-async, Wait = 7', 7],
  ['wait="5"; x=y, return=minimal', 5],
  ['wait=1000', WAIT_SECONDS_MAX],
  ['await=5', null],
  ['wait=-5', null],
  ['wait=soon', null],
])('Prefer: %s asks for %s seconds', (prefer, seconds) => {
  expect(preferredWait(prefer)).toBe(seconds);
});
