import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CreateKeyResult, KeyView } from '../contract/store/key.ts';
import { accountDb } from './account/database.ts';
import { pruneIdempotentCalls } from './account/idempotent-calls.ts';
import { idempotentCalls } from './account/schema.ts';
import { IDEMPOTENCY_KEPT_MS } from './idempotency.ts';
import { type Call, caller, callerOf, makeKey, migrateAccount } from './testing/account.ts';
import { breakingDatabase } from './testing/breaking-database.ts';

let key: string;
let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  key = await makeKey();
  admin = caller(key);
});

const attempt = (idempotency_key: string, json: unknown = { name: idempotency_key, scopes: ['read'] }, call = admin) =>
  call('POST', '/api/v1/keys', { json, headers: { 'idempotency-key': idempotency_key } });
const named = async (name: string): Promise<KeyView[]> =>
  (await (await admin('GET', '/api/v1/keys')).json<KeyView[]>()).filter((each) => each.name === name);
const rows = () => accountDb(env).select().from(idempotentCalls);
const works = async (made: CreateKeyResult) => (await caller(made.key)('GET', '/api/v1/queues')).status === 200;

describe('a call with an Idempotency-Key', () => {
  test('that comes again is answered as the first time, and makes nothing more', async () => {
    const first = await attempt('twice');
    const second = await attempt('"twice"', { name: 'twice', scopes: ['read'] });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect([first, second].map((each) => each.headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(second.headers.get('cache-control')).toBe('no-store');
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    const made = await first.json<CreateKeyResult>();
    expect(await second.json()).toEqual(made);
    expect(await works(made)).toBe(true);
    expect(await named('twice')).toHaveLength(1);
  });

  test.each([
    ['/api/v1/queues', { queue_id: 'named' }, { queue_id: 'renamed' }],
    [
      '/api/v1/models',
      { key: 'm', type: 'onnx', files: [{ path: 'm', sha256: 'a'.repeat(64), size: 1 }] },
      { key: 'm', type: 'onnx', files: [{ path: 'm', sha256: 'b'.repeat(64), size: 1 }] },
    ],
  ])('to %s, what it makes has a name of its own: the first answer, and no other body', async (path, json, other) => {
    const call = (body: unknown) => admin('POST', path, { json: body, headers: { 'idempotency-key': '"once"' } });
    const first = await call(json);
    const second = await call(json);
    expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
    expect(await second.json()).toEqual(await first.json());
    const refused = await call(other);
    expect([refused.status, await refused.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'idempotency_key_reused' }),
    ]);
  });

  test('leaves no secret in the clear, and its answer to nobody but the caller', async () => {
    const made = await (await attempt('sealed')).json<CreateKeyResult>();
    const stored = JSON.stringify(await rows());
    expect(stored).not.toContain(made.key.slice(16));
    expect(stored).not.toContain(made.key_id);
    const other = await attempt('sealed', { name: 'sealed', scopes: ['read'] }, caller(await makeKey()));
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    expect((await other.json<CreateKeyResult>()).key).not.toBe(made.key);
  });

  test('and another body is refused', async () => {
    await attempt('reused');
    const response = await attempt('reused', { name: 'reused', scopes: ['enqueue'] });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await named('reused')).toHaveLength(1);
  });

  test('is another attempt for another key to rotate', async () => {
    const [one, two] = await Promise.all(['r1', 'r2'].map(async (name) => (await attempt(name)).json<KeyView>()));
    const rotate = async (key_id = '') =>
      (
        await admin('POST', `/api/v1/keys/${key_id}/rotate`, {
          json: { grace_seconds: 60 },
          headers: { 'idempotency-key': 'rotate' },
        })
      ).json<CreateKeyResult>();
    const first = await rotate(one?.key_id);
    expect(await rotate(one?.key_id)).toEqual(first);
    expect((await rotate(two?.key_id)).name).toBe('r2');
    expect(await named('r1')).toHaveLength(2);
  });

  test('that comes many times at once runs once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => attempt('storm')));
    const made = await Promise.all(answers.filter((each) => each.status === 201).map((each) => each.text()));
    expect(new Set(made).size).toBe(1);
    const refused = answers.filter((each) => each.status !== 201);
    for (const response of refused) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([409, '1']);
      expect(await response.json()).toMatchObject({ code: 'idempotency_in_progress' });
    }
    expect(await named('storm')).toHaveLength(1);
  });

  test('that was refused may be corrected under the same key', async () => {
    expect((await attempt('fixed', { name: 'fixed', scopes: ['read'], queue_ids: ['nowhere'] })).status).toBe(422);
    expect((await attempt('fixed')).status).toBe(201);
    expect(await named('fixed')).toHaveLength(1);
  });

  test.each(['""', '"open', 'a b', 'x'.repeat(256)])('%j is refused: it is no key', async (text) => {
    const response = await attempt(text, { name: 'malformed', scopes: ['read'] });
    expect(response.status).toBe(400);
    expect((await response.json<{ detail: string }>()).detail).toContain('Idempotency-Key');
    expect(await named('malformed')).toHaveLength(0);
  });
});

describe('a call that dies on the way', () => {
  test('after the key was made: the next call answers with that key', async () => {
    const broken = callerOf({ DB: breakingDatabase({ statement: 'insert into "keys"', at: 'after' }) }, key);
    expect((await attempt('lost', undefined, broken)).status).toBe(500);
    const [lost] = await named('lost');
    const made = await (await attempt('lost')).json<CreateKeyResult>();
    expect(made.key_id).toBe(lost?.key_id);
    expect(await works(made)).toBe(true);
    expect(await named('lost')).toHaveLength(1);
  });

  test('before its answer was kept: it runs again when its time is over, and makes nothing more', async () => {
    const broken = callerOf({ DB: breakingDatabase({ statement: 'set "answer"', at: 'before' }) }, key);
    const made = await (await attempt('unkept', undefined, broken)).json<CreateKeyResult>();
    expect((await attempt('unkept')).status).toBe(409);
    await accountDb(env)
      .update(idempotentCalls)
      .set({ started_at: Date.now() - 60_001 });
    expect(await (await attempt('unkept')).json()).toEqual(made);
    expect(await named('unkept')).toHaveLength(1);
  });

  test('while a key was rotated: the next call answers with the successor', async () => {
    const old = await (await attempt('turn')).json<CreateKeyResult>();
    const rotate = (call: Call) =>
      call('POST', `/api/v1/keys/${old.key_id}/rotate`, {
        json: { grace_seconds: 0 },
        headers: { 'idempotency-key': 'turn' },
      });
    const broken = callerOf({ DB: breakingDatabase({ statement: 'insert into "keys"', at: 'after' }) }, key);
    expect((await rotate(broken)).status).toBe(500);
    const made = await (await rotate(admin)).json<CreateKeyResult>();
    expect(await works(made)).toBe(true);
    expect((await named('turn')).map((each) => each.key_id).sort()).toEqual([old.key_id, made.key_id].sort());
  });
});

test('an answer is kept for a day', async () => {
  await attempt('old');
  const now = Date.now();
  expect(await pruneIdempotentCalls(accountDb(env), now)).toBe(0);
  const kept = (await rows()).length;
  expect(await pruneIdempotentCalls(accountDb(env), now + IDEMPOTENCY_KEPT_MS + 1_000)).toBe(kept);
  expect(await rows()).toEqual([]);
  expect((await attempt('old')).headers.get('idempotency-replayed')).toBeNull();
});
