import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
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

describe('a call without a valid key', () => {
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

  test('a key is not taken from the query', async () => {
    expect((await caller(null)('GET', `/api/v1/queues?key=${await makeKey()}`)).status).toBe(401);
  });
});

describe('a key', () => {
  test('is shown once, works, and only its hash is stored', async () => {
    const made = await create({ name: 'mine', scopes: ['read'], user_id: 'ann' });
    expect(made).toMatchObject({ name: 'mine', scopes: ['read'], user_id: 'ann', queue_ids: null, revoked_at: null });
    expect((await list(made.key)).status).toBe(200);
    const listed: KeyView[] = await (await admin('GET', '/api/v1/keys')).json();
    expect(listed.find((key) => key.key_id === made.key_id)).toEqual({ ...made, key: undefined });
    const rows = JSON.stringify(await accountDb(env).select().from(keys));
    expect(rows).toContain(await sha256Hex(made.key));
    expect(rows).not.toContain(made.key.slice(16));
  });

  test('that is revoked is refused at once, again and again', async () => {
    const made = await create({ name: 'short', scopes: ['read'] });
    expect((await list(made.key)).status).toBe(200);
    const first: KeyView = await (await admin('DELETE', `/api/v1/keys/${made.key_id}`)).json();
    expect(first.revoked_at).not.toBeNull();
    expect((await list(made.key)).status).toBe(401);
    expect(await (await admin('DELETE', `/api/v1/keys/${made.key_id}`)).json()).toEqual(first);
    expect((await admin('DELETE', '/api/v1/keys/nothing')).status).toBe(404);
  });

  test('expires, also while an isolate remembers it', async () => {
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
  ])('is not made from %j', async (json, pointer) => {
    const before: KeyView[] = await (await admin('GET', '/api/v1/keys')).json();
    const response = await admin('POST', '/api/v1/keys', { json });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
    expect(await (await admin('GET', '/api/v1/keys')).json()).toEqual(before);
  });
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
