import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../contract/error/problem.ts';
import { KEYS_MAX } from '../../contract/limits.ts';
import type { CreateKeyResult, KeyView } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { keys } from '../account/schema.ts';
import { createApp } from '../app.ts';
import { sha256Hex } from '../digest.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';

let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  for (const queue_id of ['one', 'two']) await admin('POST', '/api/v1/queues', { json: { queue_id } });
});

const list = (key: string | null) => caller(key)('GET', '/api/v1/queues');
const create = async (json: object, call = admin): Promise<CreateKeyResult> => {
  const response = await call('POST', '/api/v1/keys', { json });
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.json();
};

describe('a call without a valid key [E157]', () => {
  test.each([
    ['no key', undefined],
    ['another scheme', 'Basic c3k6c3k='],
    ['no key after the scheme', 'Bearer '],
    ['no key at all', 'Bearer hello'],
    ['two keys', 'Bearer a b'],
    ['a long one', `Bearer ${'x'.repeat(10_000)}`],
  ])('%s', async (_, authorization) => {
    const response = await caller(null)('GET', '/api/v1/queues', { headers: authorization ? { authorization } : {} });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
  });

  test('a well-formed key that nobody made', async () => {
    const { formatKey } = await import('../auth/key-format.ts');
    expect((await list(formatKey(crypto.getRandomValues(new Uint8Array(128))).key)).status).toBe(401);
  });

  test('a key with one character changed', async () => {
    const key = await makeKey();
    expect((await list(key)).status).toBe(200);
    for (const at of [3, 20, key.length - 1])
      expect((await list(key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1))).status).toBe(401);
  });

  test("a key of another's id with a secret of its own", async () => {
    const [mine, other] = [await makeKey(), await makeKey()];
    expect((await list(mine.slice(0, 16) + other.slice(16))).status).toBe(401);
  });

  test('a key is not taken from the query', async () => {
    expect((await caller(null)('GET', `/api/v1/queues?key=${await makeKey()}`)).status).toBe(401);
  });
});

describe('a key', () => {
  test('is shown once, works, and only its hash is stored', async () => {
    const made = await create({ name: 'mine', scopes: ['read'], user_id: 'ann' });
    expect(made).toMatchObject({ name: 'mine', scopes: ['read'], user_id: 'ann', queue_ids: null, revoked_at: null });
    expect(made).toMatchObject({ lane: 0, rate_limit: null, replaced_by: null });
    expect((await list(made.key)).status).toBe(200);
    const listed: KeyView[] = await (await admin('GET', '/api/v1/keys')).json();
    expect(listed.find((key) => key.key_id === made.key_id)).toEqual({ ...made, key: undefined });
    const rows = JSON.stringify(await accountDb(env).select().from(keys));
    expect(rows).toContain(await sha256Hex(made.key));
    expect(rows).not.toContain(made.key.slice(16));
  });

  test('that is revoked is refused at once, again and again [E157]', async () => {
    const made = await create({ name: 'short', scopes: ['read'] });
    expect((await list(made.key)).status).toBe(200);
    const first: KeyView = await (await admin('DELETE', `/api/v1/keys/${made.key_id}`)).json();
    expect(first.revoked_at).not.toBeNull();
    expect((await list(made.key)).status).toBe(401);
    expect(await (await admin('DELETE', `/api/v1/keys/${made.key_id}`)).json()).toEqual(first);
    expect((await admin('DELETE', '/api/v1/keys/nothing')).status).toBe(404);
  });

  test('expires, also while an isolate remembers it [E157]', async () => {
    const key = await makeKey({ scopes: ['read'], expires_at: new Date(Date.now() + 300).toISOString() });
    expect((await list(key)).status).toBe(200);
    await new Promise((done) => setTimeout(done, 350));
    expect((await list(key)).status).toBe(401);
  });

  test('does what its scopes allow: admin implies all but runner', async () => {
    const reader = caller(await makeKey({ scopes: ['read'] }));
    expect((await reader('POST', '/api/v1/queues', { json: { queue_id: 'x' } })).status).toBe(403);
    expect((await reader('GET', '/api/v1/keys')).status).toBe(403);
    expect((await reader('POST', '/api/v1/assets', { body: 'x' })).status).toBe(403);
    expect((await admin('GET', '/api/v1/queues')).status).toBe(200);
    const claim = await admin('POST', '/api/v1/queue/default/runner/claim', { json: {} });
    expect(claim.status).toBe(403);
  });

  test.each([
    [{ name: '', scopes: ['read'] }, '/name'],
    [{ name: 'a', scopes: [] }, '/scopes'],
    [{ name: 'a', scopes: ['root'] }, '/scopes/0'],
    [{ name: 'a', scopes: ['read'], queue_ids: ['one', 'nowhere'] }, '/queue_ids/1'],
    [{ name: 'a', scopes: ['read'], expires_at: '2020-01-01T00:00:00.000Z' }, '/expires_at'],
    [{ name: 'a', scopes: ['read'], user_id: '../etc' }, '/user_id'],
    [{ name: 'a', scopes: ['read'], lane: 10 }, '/lane'],
    [{ name: 'a', scopes: ['read'], lane: 0.5 }, '/lane'],
    [{ name: 'a', scopes: ['read'], rate_limit: { requests: 0, seconds: 1 } }, '/rate_limit/requests'],
    [{ name: 'a', scopes: ['read'], rate_limit: { requests: 1 } }, '/rate_limit/seconds'],
  ])('is not made from %j', async (json, pointer) => {
    const before: KeyView[] = await (await admin('GET', '/api/v1/keys')).json();
    const response = await admin('POST', '/api/v1/keys', { json });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
    expect(await (await admin('GET', '/api/v1/keys')).json()).toEqual(before);
  });
});

test('a key has the lane and the rate limit that it was made with', async () => {
  const wanted = { name: 'fast', scopes: ['enqueue'], lane: 9, rate_limit: { requests: 5, seconds: 1 } };
  expect(await create(wanted)).toMatchObject(wanted);
});

describe('a key that is bound to a queue', () => {
  test('opens that queue alone, and does not tell which others exist', async () => {
    const bound = caller(await makeKey({ scopes: ['admin'], queue_ids: ['one'] }));
    expect((await bound('GET', '/api/v1/queues/one')).status).toBe(200);
    for (const path of ['/api/v1/queues/two', '/api/v1/queues/nowhere', '/api/v1/queue/two/status']) {
      const response = await bound('GET', path);
      expect([path, response.status]).toEqual([path, 403]);
    }
    const queues = await (await bound('GET', '/api/v1/queues')).json();
    expect(queues).toMatchObject([{ queue_id: 'one' }]);
  });

  test('makes and sees keys within its binding alone', async () => {
    const { key, key_id } = await create({ name: 'boss', scopes: ['admin'], queue_ids: ['one'] });
    const boss = caller(key);
    const other = await create({ name: 'other', scopes: ['read'], queue_ids: ['two'] });
    for (const queue_ids of [undefined, ['two'], ['one', 'two']])
      expect((await boss('POST', '/api/v1/keys', { json: { name: 'x', scopes: ['read'], queue_ids } })).status).toBe(
        403,
      );
    const made = await create({ name: 'x', scopes: ['read'], queue_ids: ['one'] }, boss);
    const seen: KeyView[] = await (await boss('GET', '/api/v1/keys')).json();
    expect(seen.map((each) => each.key_id)).toEqual(expect.arrayContaining([key_id, made.key_id]));
    expect(seen.some((each) => each.key_id === other.key_id)).toBe(false);
    expect((await boss('DELETE', `/api/v1/keys/${other.key_id}`)).status).toBe(404);
    expect((await boss('POST', '/api/v1/models', { json: {} })).status).toBe(403);
  });

  test('makes keys for itself and for users who work nowhere else', async () => {
    const boss = caller(await makeKey({ scopes: ['admin'], queue_ids: ['one'], user_id: 'lead' }));
    const make = (json: object) =>
      boss('POST', '/api/v1/keys', { json: { name: 'x', scopes: ['read'], queue_ids: ['one'], ...json } });
    expect(await (await make({})).json()).toMatchObject({ user_id: 'lead' });
    expect((await make({ user_id: 'newcomer' })).status).toBe(201);
    expect((await make({ user_id: 'newcomer' })).status).toBe(201);
    await makeKey({ scopes: ['read'], queue_ids: ['one', 'two'], user_id: 'elsewhere' });
    const { key_id } = await create({ name: 'old', scopes: ['read'], user_id: 'was-everywhere' });
    await admin('DELETE', `/api/v1/keys/${key_id}`);
    for (const user_id of ['elsewhere', 'was-everywhere', 'system']) {
      const response = await make({ user_id });
      expect([user_id, response.status]).toEqual([user_id, 403]);
      expect((await response.json<Problem>()).detail).toContain(user_id);
    }
  });

  test('hands its own rate limit on, and sets none', async () => {
    const rate_limit = { requests: 500, seconds: 60 };
    const boss = caller(await makeKey({ scopes: ['admin'], queue_ids: ['one'], rate_limit }));
    const json = { name: 'x', scopes: ['read'], queue_ids: ['one'] };
    expect(await create(json, boss)).toMatchObject({ rate_limit });
    const more = { ...json, rate_limit: { requests: 1_000, seconds: 1 } };
    expect((await boss('POST', '/api/v1/keys', { json: more })).status).toBe(403);
  });
});

test('there is room for so many keys that are good; those that have ended take none', async () => {
  const made = "name = 'one of very many'";
  await env.DB.prepare(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
     INSERT INTO keys (key_id, hash, name, scopes, user_id, created_at, expires_at)
     SELECT 'many' || n, '', 'one of very many', '[]', 'system', 1, 2 FROM n`,
  )
    .bind(KEYS_MAX)
    .run();
  const { key_id } = await create({ name: 'a', scopes: ['read'] });
  await env.DB.prepare(`UPDATE keys SET expires_at = NULL WHERE ${made}`).run();
  for (const [path, json] of [
    ['/api/v1/keys', { name: 'a', scopes: ['read'] }],
    [`/api/v1/keys/${key_id}/rotate`, { grace_seconds: 0 }],
  ] as const) {
    const refused = await admin('POST', path, { json });
    expect([refused.status, await refused.json()]).toEqual([
      409,
      expect.objectContaining({ detail: expect.stringContaining('revoke') }),
    ]);
  }
  await env.DB.prepare(`DELETE FROM keys WHERE ${made}`).run();
});

test('the bootstrap key is admin while its hash is set, and no longer', async () => {
  const app = createApp();
  const request = () =>
    new Request('https://switchyard.test/api/v1/keys', { headers: { authorization: 'Bearer any-text-will-do' } });
  const hash = await sha256Hex('any-text-will-do');
  expect((await app.fetch(request(), { ...env, BOOTSTRAP_KEY_HASH: hash })).status).toBe(200);
  expect((await app.fetch(request(), { ...env, BOOTSTRAP_KEY_HASH: hash.replace(/.$/, 'g') })).status).toBe(401);
  expect((await app.fetch(request(), { ...env, BOOTSTRAP_KEY_HASH: '' })).status).toBe(401);
  expect((await app.fetch(request(), env)).status).toBe(401);
});

describe('the key of a call', () => {
  const current = (key: string) => caller(key)('GET', '/api/v1/keys/current');

  test.each([
    ['a reader', { scopes: ['read'], user_id: 'ada', queue_ids: ['one'], lane: 2 }],
    ['a runner', { scopes: ['runner'], user_id: 'fleet' }],
    ['one that expires', { scopes: ['enqueue'], user_id: 'ada', expires_at: '2999-01-01T00:00:00.000Z' }],
  ])('says whose it is and what it may do: %s', async (_, wanted) => {
    const { key, key_id } = await create({ name: 'a', ...wanted });
    const response = await current(key);
    expect(response.status).toBe(200);
    const whole = { key_id, queue_ids: null, expires_at: null, lane: 0, rate_limit: null, ...wanted };
    expect(await response.json()).toEqual(whole);
  });

  test('is told to nobody without one', async () => {
    expect((await current('sy_nothing')).status).toBe(401);
  });
});
