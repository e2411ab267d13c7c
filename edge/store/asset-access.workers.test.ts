import { env } from 'cloudflare:workers';
import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CallbacksResult } from '../../contract/runner/callbacks.ts';
import type { ClaimResult } from '../../contract/runner/claim.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { grantToQueue } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { beginDeletion } from '../account/queues.ts';
import { assetGrants } from '../account/schema.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { sha256Hex } from '../digest.ts';
import { endDeletions } from '../queue-deletion.ts';
import { remoteQueue } from '../remote-queue.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { putAsset, readAsset } from '../testing/assets.ts';
import { QUEUES_ASKED_MAX, readableAssets, usableAssets } from './asset-access.ts';

let admin: Call;
let ann: Call;
let bob: Call;
let runner: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  await admin('POST', '/api/v1/queues', { json: { queue_id: 'other' } });
  ann = caller(await makeKey({ scopes: ['read', 'enqueue'], user_id: 'ann' }));
  bob = caller(await makeKey({ scopes: ['read', 'enqueue'], user_id: 'bob' }));
  runner = caller(await makeKey({ scopes: ['runner'], queue_ids: ['default'] }));
});

const put = (text: string, { call = ann, ...sent }: Parameters<typeof putAsset>[2] & { call?: Call } = {}) =>
  putAsset(call, text, sent);
const read = (text: string, call: Call, headers = {}, method = 'GET') => readAsset(call, text, headers, method);

describe('an asset is read by', () => {
  test('who uploaded it and by admins; to others it does not exist', async () => {
    await put('mine');
    expect((await read('mine', ann)).status).toBe(200);
    expect((await read('mine', admin)).status).toBe(200);
    const foreign = await read('mine', bob);
    const missing = await read('never stored', bob);
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    const shape = async (response: Response, text: string) =>
      (await response.text()).replaceAll(await sha256Hex(text), 'NAME').replace(/urn:switchyard:request:[^"]+/, '');
    expect(await shape(foreign, 'mine')).toBe(await shape(missing, 'never stored'));
    expect((await read('mine', bob, {}, 'HEAD')).status).toBe(404);
    expect((await read('mine', runner)).status).toBe(404);
  });

  test('nobody by a queue whose deletion broke off, which is not named to who asks', async () => {
    await admin('POST', '/api/v1/queues', { json: { queue_id: 'leaving' } });
    const path = `/api/v1/assets/${await sha256Hex('left behind')}?queue_id=leaving`;
    expect((await put('left behind', { call: admin, path })).status).toBe(403);
    const storer = caller(await makeKey({ scopes: ['runner'], queue_ids: ['leaving'] }));
    expect((await put('left behind', { call: storer, path })).status).toBe(201);
    await beginDeletion(accountDb(env), 'leaving', Date.now());
    await remoteQueue(env, 'leaving').destroy('leaving');
    const refused = await read('left behind', bob);
    expect([refused.status, await refused.text()]).toEqual([404, expect.not.stringContaining('leaving')]);
    await endDeletions(env, 1);
  });

  test('everybody who uploaded the same bytes', async () => {
    await put('shared');
    expect((await read('shared', bob)).status).toBe(404);
    expect((await put('shared', { call: bob })).status).toBe(201);
    expect((await read('shared', bob)).status).toBe(200);
  });

  test('its queue’s runners, and no user while no item has returned it', async () => {
    const path = `/api/v1/assets/${await sha256Hex('result')}?queue_id=default`;
    expect((await put('result', { call: runner, path })).status).toBe(201);
    expect((await put('result', { call: runner, path })).status).toBe(200);
    expect((await read('result', admin)).status).toBe(200);
    expect((await read('result', runner)).status).toBe(200);
    const elsewhere = caller(await makeKey({ scopes: ['runner'], queue_ids: ['other'] }));
    for (const call of [ann, bob, elsewhere]) expect((await read('result', call)).status).toBe(404);
  });

  test('the runners of a queue that it was enqueued in', async () => {
    await put('input');
    expect((await read('input', runner)).status).toBe(404);
    const name = await sha256Hex('input');
    const principal = { key_id: 'k', user_id: 'bob', scopes: ['enqueue'], queue_ids: null, lane: 0 } as const;
    expect(await usableAssets(env, principal, [name], 'default')).toEqual(new Set());
    expect((await read('input', runner)).status).toBe(404);
    expect(await usableAssets(env, { ...principal, user_id: 'ann' }, [name], 'default')).toEqual(new Set([name]));
    expect((await read('input', runner)).status).toBe(200);
    expect((await read('input', bob)).status).toBe(404);
  });

  test('whoever may see an item that returned it', async () => {
    const prefix = '/api/v1/queue/default';
    await put('start');
    const graph = {
      nodes: { save: { id: 'save', type: 'save_image', image: { image_name: await sha256Hex('start') } } },
      edges: [],
    };
    expect((await bob('POST', `${prefix}/enqueue_graph`, { json: { graph } })).status).toBe(422);
    expect((await ann('POST', `${prefix}/enqueue_graph`, { json: { graph } })).status).toBe(201);
    const types = Object.fromEntries(
      Object.values(BUILTIN_CATALOGUE.node_types).map((node) => [node.type, node.version]),
    );
    const devices = [{ id: 'cpu' }];
    const registration = {
      protocol: PROTOCOL_VERSION,
      runner_id: 'r',
      name: 'r',
      engine: ENGINE_VERSION,
      types,
      devices,
    };
    const { epoch } = await (await runner('POST', `${prefix}/runner/register`, { json: registration })).json<{
      epoch: number;
    }>();
    const identity = { runner_id: 'r', epoch };
    const claim = { ...identity, claim: 1, max_items: 1 };
    const { grants } = await (await runner('POST', `${prefix}/runner/claim`, { json: claim })).json<ClaimResult>();
    const { item_id, fence, token } = grants[0]!;
    const path = `/api/v1/assets/${await sha256Hex('saved')}?queue_id=default`;
    expect((await put('saved', { call: runner, path })).status).toBe(201);
    expect((await read('saved', ann)).status).toBe(404);
    const at = new Date().toISOString();
    const lease = { item_id, fence, token };
    const result = { type: 'image_output', image: { image_name: await sha256Hex('saved') }, width: 1, height: 1 };
    const times = { started_at: at, completed_at: at, seconds: 0 };
    const entries = [
      { ...lease, kind: 'session_started', device: 'cpu' },
      { ...lease, kind: 'invocation_started', invocation_id: 'save', at },
      { ...lease, kind: 'invocation_complete', invocation_id: 'save', result, ...times },
      { ...lease, kind: 'session_complete', results: 1 },
    ];
    const { answers } = await (
      await runner('POST', `${prefix}/runner/callbacks`, { json: { ...identity, entries } })
    ).json<CallbacksResult>();
    expect(answers.map(({ answer }) => answer)).toEqual(Array(4).fill('recorded'));
    expect((await read('saved', ann)).status).toBe(200);
    expect((await read('saved', bob)).status).toBe(404);
    expect((await read('saved', caller(await makeKey({ queue_ids: ['default'] })))).status).toBe(200);
    expect((await read('saved', caller(await makeKey({ queue_ids: ['other'] })))).status).toBe(404);
  });

  test('whoever may see a batch that names it', async () => {
    await put('input of a batch');
    const image = { image_name: await sha256Hex('input of a batch') };
    const graph = { nodes: { save: { id: 'save', type: 'save_image', image } }, edges: [] };
    const bound = caller(await makeKey({ queue_ids: ['default'] }));
    expect((await read('input of a batch', bound)).status).toBe(404);
    expect((await ann('POST', '/api/v1/queue/default/enqueue_graph', { json: { graph } })).status).toBe(201);
    expect((await read('input of a batch', bound)).status).toBe(200);
    await accountDb(env).delete(assetGrants).where(eq(assetGrants.holder, 'ann'));
    expect((await read('input of a batch', ann)).status).toBe(200);
    expect((await read('input of a batch', bob)).status).toBe(404);
    expect((await read('input of a batch', caller(await makeKey({ queue_ids: ['other'] })))).status).toBe(404);
  });

  test('no admin whose key is bound to a queue that has nothing to do with it', async () => {
    await put('elsewhere');
    const bound = caller(await makeKey({ queue_ids: ['other'] }));
    expect((await read('elsewhere', bound)).status).toBe(404);
    const holder = { queue_id: 'other', user_id: 'ann', retention_ms: 0 };
    await grantToQueue(accountDb(env), [await sha256Hex('elsewhere')], holder, Date.now());
    expect((await read('elsewhere', bound)).status).toBe(404);
  });
});

test('a queue is granted what is stored, and nothing else', async () => {
  await put('granted');
  const db = accountDb(env);
  const names = [await sha256Hex('granted'), await sha256Hex('not stored')];
  const holder = { queue_id: 'default', user_id: 'bob', retention_ms: 0 };
  for (let times = 0; times < 2; times++)
    expect(await grantToQueue(db, names, holder, 5)).toEqual([await sha256Hex('granted')]);
  const rows = (await db.select().from(assetGrants)).filter((row) => names.includes(row.sha256));
  expect(rows.map((row) => [row.holder_kind, row.holder]).sort()).toEqual([
    ['queue', 'default'],
    ['user', 'ann'],
  ]);
});

test('a batch may name any number of assets, and any text instead of one', async () => {
  await put('the last of many');
  const last = await sha256Hex('the last of many');
  const others = Array.from({ length: 20_000 }, (_, index) => index.toString(16).padStart(64, '0'));
  const names = ['x'.repeat(100_000), ...others, last];
  const principal = { key_id: 'k', user_id: 'ann', scopes: ['enqueue' as const], queue_ids: null, lane: 0 };
  expect([...(await usableAssets(env, principal, names, 'default'))]).toEqual([last]);
});

describe('bytes that many queues hold', () => {
  const principal = { key_id: 'k', user_id: 'bob', scopes: ['read' as const], queue_ids: null, lane: 0 };
  const manyQueues = (count: number) => Array.from({ length: count }, (_, index) => `many-${index}`);

  async function heldBy(text: string, queue_ids: readonly string[]): Promise<string> {
    await put(text);
    const sha256 = await sha256Hex(text);
    const row = { sha256, holder_kind: 'queue' as const, due_at: Date.now() + 1_000_000 };
    for (const [index, holder] of queue_ids.entries())
      await accountDb(env)
        .insert(assetGrants)
        .values({ ...row, holder, created_at: index });
    return sha256;
  }

  /** Objects that count how they are asked and refer to nothing, except the one of `knows`. */
  function countingQueues(knows: string | null) {
    const asked: string[] = [];
    const QUEUE = {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        read: async (_call: unknown, _read: string, names: string[]) => {
          asked.push(name);
          return { ok: true, value: name === knows ? names : [] };
        },
      }),
    };
    return { asked, counting: { ...env, QUEUE } as unknown as typeof env };
  }

  test('are read by whoever may see the item in one of them, the oldest too', async () => {
    const sha256 = await heldBy('often made', manyQueues(100));
    const { asked, counting } = countingQueues('many-0');
    expect(await readableAssets(counting, principal, [sha256])).toEqual(new Set([sha256]));
    expect(asked).toHaveLength(100);
    expect(asked.slice(0, 2)).toEqual(['many-99', 'many-98']);
    // A queue that is named is the only one; one that a key does not open is none.
    asked.length = 0;
    expect(await readableAssets(counting, principal, [sha256], 'many-0')).toEqual(new Set([sha256]));
    expect(await readableAssets(counting, { ...principal, queue_ids: ['many-0'] }, [sha256])).toEqual(
      new Set([sha256]),
    );
    expect(asked).toEqual(['many-0', 'many-0']);
    expect(await readableAssets(counting, { ...principal, queue_ids: ['other'] }, [sha256], 'many-0')).toEqual(
      new Set(),
    );
    expect(await readableAssets(counting, { ...principal, queue_ids: ['other'] }, [sha256])).toEqual(new Set());
    expect(asked).toHaveLength(2);
  });

  test('cost no more than so many calls, and none where the account knows', async () => {
    const sha256 = await heldBy('made everywhere', manyQueues(QUEUES_ASKED_MAX + 40));
    const { asked, counting } = countingQueues(null);
    expect(await readableAssets(counting, principal, [sha256])).toEqual(new Set());
    expect([asked.length, new Set(asked).size]).toEqual([QUEUES_ASKED_MAX, QUEUES_ASKED_MAX]);
    asked.length = 0;
    for (const knows of [
      { ...principal, user_id: 'ann' },
      { ...principal, scopes: ['admin' as const] },
      { ...principal, scopes: ['runner' as const], queue_ids: ['many-3'] },
    ])
      expect(await readableAssets(counting, knows, [sha256])).toEqual(new Set([sha256]));
    expect(asked).toEqual([]);
  });

  test('end the questions once all are found, those that hold most first', async () => {
    const one = await heldBy('one of two', ['many-0', 'many-1']);
    const two = await heldBy('two of two', ['many-1', ...manyQueues(20).slice(2)]);
    const { asked, counting } = countingQueues('many-1');
    expect(await readableAssets(counting, principal, [one, two])).toEqual(new Set([one, two]));
    expect([asked[0], asked.length]).toEqual(['many-1', 8]);
  });
});
