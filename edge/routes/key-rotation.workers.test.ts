import { beforeAll, describe, expect, test } from 'vitest';
import type { CreateKeyResult, KeyView } from '../../contract/store/key.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';

let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  for (const queue_id of ['one', 'two']) await admin('POST', '/api/v1/queues', { json: { queue_id } });
});

const create = async (json: object): Promise<CreateKeyResult> => {
  const response = await admin('POST', '/api/v1/keys', { json });
  expect(response.status).toBe(201);
  return response.json();
};
const rotate = (key_id: string, grace_seconds: unknown, call = admin) =>
  call('POST', `/api/v1/keys/${key_id}/rotate`, { json: { grace_seconds } });
const status = async (key: string) => (await caller(key)('GET', '/api/v1/queues')).status;
const view = async (key_id: string): Promise<KeyView | undefined> =>
  (await (await admin('GET', '/api/v1/keys')).json<KeyView[]>()).find((key) => key.key_id === key_id);

describe('a key that is rotated', () => {
  test('gets a successor that is what it was, and is good until the grace ends', async () => {
    const limit = { requests: 9, seconds: 1 };
    const wanted = { name: 'svc', scopes: ['read'], user_id: 'ann', queue_ids: ['one'], lane: 3, rate_limit: limit };
    const old = await create(wanted);
    const before = Date.now();
    const response = await rotate(old.key_id, 60);
    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const made = await response.json<CreateKeyResult>();
    expect(made).toMatchObject({ ...wanted, expires_at: null, revoked_at: null, replaced_by: null });
    expect([await status(old.key), await status(made.key)]).toEqual([200, 200]);
    const ended = await view(old.key_id);
    expect(ended).toMatchObject({ replaced_by: made.key_id, revoked_at: null });
    const grace = Date.parse(ended?.expires_at ?? '') - before;
    expect(grace).toBeGreaterThanOrEqual(60_000);
    expect(grace).toBeLessThan(70_000);
  });

  test('without grace is refused at once [E157]', async () => {
    const old = await create({ name: 'svc', scopes: ['read'] });
    expect(await status(old.key)).toBe(200);
    const made = await (await rotate(old.key_id, 0)).json<CreateKeyResult>();
    expect([await status(old.key), await status(made.key)]).toEqual([401, 200]);
  });

  test('keeps its lifetime as a length, and never lives longer for being rotated', async () => {
    const expires_at = new Date(Date.now() + 30_000).toISOString();
    const old = await create({ name: 'svc', scopes: ['read'], expires_at });
    const made = await (await rotate(old.key_id, 3600)).json<CreateKeyResult>();
    const lifetime = (key: KeyView) => Date.parse(key.expires_at ?? '') - Date.parse(key.created_at);
    expect(lifetime(made)).toBe(lifetime(old));
    expect((await view(old.key_id))?.expires_at).toBe(expires_at);
  });

  test('is rotated once, however many ask at the same time', async () => {
    const old = await create({ name: 'svc', scopes: ['read'] });
    const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(old.key_id, 60)));
    expect(answers.map((each) => each.status).sort()).toEqual([201, 409, 409, 409, 409]);
    const keys: KeyView[] = await (await admin('GET', '/api/v1/keys')).json();
    const { key_id } = await (answers.find((each) => each.status === 201) as Response).json<CreateKeyResult>();
    expect((await view(old.key_id))?.replaced_by).toBe(key_id);
    expect(keys.filter((key) => key.created_at >= old.created_at && key.name === 'svc')).toHaveLength(2);
    const again = await rotate(old.key_id, 60);
    expect(again.status).toBe(409);
    expect(await again.text()).toContain(key_id);
  });
});

describe('a key is not rotated', () => {
  test('once it has ended', async () => {
    const old = await create({ name: 'gone', scopes: ['read'] });
    await admin('DELETE', `/api/v1/keys/${old.key_id}`);
    expect((await rotate(old.key_id, 60)).status).toBe(409);
    expect((await rotate('nothing', 60)).status).toBe(404);
  });

  test.each([-1, 1.5, '60', undefined, 40_000_000])('with a grace of %j', async (grace) => {
    const old = await create({ name: 'kept', scopes: ['read'] });
    expect((await rotate(old.key_id, grace)).status).toBe(422);
    expect(await view(old.key_id)).toEqual({ ...old, key: undefined });
  });

  test('by an admin that is bound, outside its queues or as a user who works elsewhere', async () => {
    const boss = caller(await makeKey({ scopes: ['admin'], queue_ids: ['one'], user_id: 'lead' }));
    const other = await create({ name: 'other', scopes: ['read'], queue_ids: ['two'], user_id: 'bob' });
    const same = await create({ name: 'same', scopes: ['read'], queue_ids: ['one'], user_id: 'bob' });
    const own = await create({ name: 'own', scopes: ['read'], queue_ids: ['one'], user_id: 'lead' });
    expect((await rotate(other.key_id, 60, boss)).status).toBe(404);
    expect((await rotate(same.key_id, 60, boss)).status).toBe(403);
    expect((await rotate(own.key_id, 60, boss)).status).toBe(201);
  });

  test('by a key that is no admin, not even its own', async () => {
    const { key, key_id } = await create({ name: 'mine', scopes: ['read'] });
    expect((await rotate(key_id, 60, caller(key))).status).toBe(403);
  });
});
