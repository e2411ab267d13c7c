import { beforeAll, expect, test } from 'vitest';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';

const PATH = '/api/v1/app/invocation_cache';

let admin: Call;
let ann: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  ann = caller(await makeKey({ scopes: ['read', 'enqueue'], user_id: 'ann' }));
  await admin('POST', '/api/v1/queues', { json: { queue_id: 'other', settings: { invocation_cache: 'shared' } } });
});

const answer = async (response: Response) => [response.status, await response.json()];
const empty = { size: 0, hits: 0, misses: 0, enabled: true, max_size: 10_000 };

test('[K168] whoever reads may see what the cache of a queue holds; admins empty it and turn it off and on', async () => {
  expect(await answer(await ann('GET', `${PATH}/status`))).toEqual([200, empty]);
  expect(await answer(await admin('DELETE', PATH))).toEqual([200, empty]);
  for (const [method, path] of [
    ['DELETE', PATH],
    ['PUT', `${PATH}/enable`],
    ['PUT', `${PATH}/disable`],
  ] as const)
    expect((await ann(method, path)).status).toBe(403);
});

test('[K166] on and off are the queue’s setting; shared results stay shared', async () => {
  const mode = async (queue_id: string) => {
    const queue = (await (await admin('GET', `/api/v1/queues/${queue_id}`)).json()) as {
      settings: { invocation_cache: string };
    };
    return queue.settings.invocation_cache;
  };
  expect(await answer(await admin('PUT', `${PATH}/disable`))).toEqual([200, { ...empty, enabled: false }]);
  expect(await mode('default')).toBe('off');
  expect(await answer(await admin('PUT', `${PATH}/enable`))).toEqual([200, empty]);
  expect(await mode('default')).toBe('user');
  expect(await answer(await admin('PUT', `${PATH}/enable?queue_id=other`))).toEqual([200, empty]);
  expect(await mode('other')).toBe('shared');
});

test('a queue that the key does not open, or that nobody made, is refused', async () => {
  const bound = caller(await makeKey({ scopes: ['read'], queue_ids: ['other'] }));
  expect((await bound('GET', `${PATH}/status?queue_id=other`)).status).toBe(200);
  expect((await bound('GET', `${PATH}/status`)).status).toBe(403);
  expect((await admin('GET', `${PATH}/status?queue_id=nobody`)).status).toBe(404);
});
