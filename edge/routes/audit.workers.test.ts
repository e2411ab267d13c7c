import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry, AuditPage } from '../../contract/store/audit.ts';
import type { CreateKeyResult } from '../../contract/store/key.ts';
import { pruneAudit } from '../account/audit.ts';
import { accountDb } from '../account/database.ts';
import { type Call, caller, callerOf, makeKey, migrateAccount } from '../testing/account.ts';
import { breakingDatabase } from '../testing/breaking-database.ts';

let key: string;
let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  key = await makeKey({ user_id: 'boss' });
  admin = caller(key);
});

const page = async (query = ''): Promise<AuditPage> => (await admin('GET', `/api/v1/audit${query}`)).json();
const newest = async (): Promise<AuditEntry | undefined> => (await page('?limit=1')).entries[0];

describe('the audit', () => {
  test('has what an admin changed: who, what, when, how it ended', async () => {
    const response = await admin('POST', '/api/v1/queues', { json: { queue_id: 'made' } });
    expect(response.status).toBe(201);
    expect(await newest()).toEqual({
      audit_id: expect.any(Number),
      at: expect.stringMatching(/^20.*Z$/),
      key_id: key.slice(3, 15),
      user_id: 'boss',
      operation_id: 'create_queue',
      method: 'POST',
      path: '/api/v1/queues',
      status: 201,
      request_id: response.headers.get('x-request-id'),
      asked: { params: {}, query: {}, body: expect.objectContaining({ queue_id: 'made' }) },
    });
  });

  test('has keys that are made, rotated and revoked, and never a key', async () => {
    const made = await (
      await admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'] } })
    ).json<CreateKeyResult>();
    await admin('POST', `/api/v1/keys/${made.key_id}/rotate`, { json: { grace_seconds: 5 } });
    await admin('DELETE', `/api/v1/keys/${made.key_id}`);
    const { entries } = await page('?limit=3');
    expect(entries.map((each) => each.operation_id)).toEqual(['revoke_key', 'rotate_key', 'create_key']);
    expect(entries[0]).toMatchObject({ status: 200, asked: { params: { key_id: made.key_id } } });
    expect(JSON.stringify(entries)).not.toContain(made.key.slice(16));
  });

  test('has what admins were refused, and nothing of whoever is none', async () => {
    await admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'], queue_ids: ['nowhere'] } });
    expect(await newest()).toMatchObject({ status: 422, asked: { body: { queue_ids: ['nowhere'] } } });
    await admin('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['root'] } });
    expect(await newest()).toMatchObject({ status: 422, asked: null });
    const reader = await makeKey({ scopes: ['read'], user_id: 'ann' });
    await caller(reader)('DELETE', '/api/v1/keys/x');
    expect(await newest()).toMatchObject({ status: 422, operation_id: 'create_key' });
    const bound = await makeKey({ scopes: ['admin'], queue_ids: ['default'], user_id: 'lead' });
    await caller(bound)('POST', '/api/v1/models', { json: {} });
    expect(await newest()).toMatchObject({ status: 403, user_id: 'lead', operation_id: 'create_model' });
  });

  test.each([
    ['PUT', 'i/9/cancel', 'cancel_item'],
    ['PUT', 'cancel_by_batch_ids', 'cancel_by_batch_ids', { batch_ids: ['b'] }],
    ['PUT', 'cancel_by_destination?destination=d', 'cancel_by_destination'],
    ['PUT', 'cancel_all', 'cancel_all'],
    ['PUT', 'cancel_all_except_current', 'cancel_all_except_current'],
    ['DELETE', 'i/9', 'delete_item'],
    ['DELETE', 'd/d', 'delete_by_destination'],
    ['PUT', 'delete_all_except_current', 'delete_all_except_current'],
    ['PUT', 'clear', 'clear_queue'],
    ['PUT', 'prune', 'prune_queue'],
    ['PUT', 'retry_items_by_id', 'retry_items_by_id', [9]],
    ['PUT', 'i/9/priority', 'set_item_priority', { priority: 1 }],
    ['PUT', 'i/9/move', 'move_item', { before: 8 }],
    ['PUT', 'processor/pause', 'pause'],
    ['PUT', 'processor/resume', 'resume'],
  ] as const)('has %s %s of an admin, who may do it to anybody’s work; not of others', async (...call) => {
    const [method, path, operation_id, json] = call;
    const options = json === undefined ? {} : { json };
    const { status } = await admin(method, `/api/v1/queue/default/${path}`, options);
    expect([200, 404]).toContain(status);
    const entry = await newest();
    expect(entry).toMatchObject({ operation_id, status, user_id: 'boss', asked: { body: json ?? {} } });
    const person = caller(await makeKey({ scopes: ['read', 'enqueue', 'cancel'], user_id: 'ann' }));
    const own = await person(method, `/api/v1/queue/default/${path}`, options);
    if (own.status !== 403) expect(await newest()).toEqual(entry);
  });

  test('has neither what was only read nor what needs no admin', async () => {
    const before = await newest();
    await admin('GET', '/api/v1/keys');
    await admin('POST', '/api/v1/queue/default/enqueue_graph', { json: {} });
    await caller(null)('POST', '/api/v1/keys', { json: { name: 'a', scopes: ['read'] } });
    expect(await newest()).toEqual(before);
  });

  test('is read page by page, newest first, while entries are added', async () => {
    for (const queue_id of ['p1', 'p2', 'p3']) await admin('POST', '/api/v1/queues', { json: { queue_id } });
    const first = await page('?limit=2');
    await admin('POST', '/api/v1/queues', { json: { queue_id: 'p4' } });
    const second = await page(`?limit=2&cursor=${first.next_cursor}`);
    const ids = [...first.entries, ...second.entries].map((each) => each.audit_id);
    expect(ids).toEqual(Array.from({ length: 4 }, (_, index) => (ids[0] ?? 0) - index));
    const whole = await page();
    expect(whole.next_cursor).toBeNull();
    expect((await admin('GET', '/api/v1/audit?cursor=nonsense')).status).toBe(422);
  });

  test('is for admins of the whole account', async () => {
    for (const wanted of [{ scopes: ['read' as const] }, { scopes: ['admin' as const], queue_ids: ['default'] }])
      expect((await caller(await makeKey(wanted))('GET', '/api/v1/audit')).status).toBe(403);
  });
});

describe('when the database breaks', () => {
  const change = (statement: string, at: 'before' | 'after', queue_id: string) =>
    callerOf({ DB: breakingDatabase({ statement, at }) }, key)('POST', '/api/v1/queues', { json: { queue_id } });
  const exists = async (queue_id: string) => (await admin('GET', `/api/v1/queues/${queue_id}`)).status === 200;

  test('before the entry: nothing is changed', async () => {
    expect((await change('insert into "audit_entries"', 'before', 'never')).status).toBe(500);
    expect(await exists('never')).toBe(false);
  });

  test('before the change: the entry says that it broke', async () => {
    expect((await change('insert into "queues"', 'before', 'broken')).status).toBe(500);
    expect(await newest()).toMatchObject({ status: 500, asked: { body: { queue_id: 'broken' } } });
  });

  test('after the change: the entry is there, its end unknown, and the caller has its answer', async () => {
    expect((await change('update "audit_entries"', 'before', 'changed')).status).toBe(201);
    expect(await exists('changed')).toBe(true);
    expect(await newest()).toMatchObject({ status: null, asked: { body: { queue_id: 'changed' } } });
  });
});

test('entries are removed by their age', async () => {
  await admin('POST', '/api/v1/queues', { json: { queue_id: 'aged' } });
  const { entries } = await page();
  expect(await pruneAudit(accountDb(env), Date.parse(entries.at(-1)?.at ?? ''))).toBe(0);
  expect(await pruneAudit(accountDb(env), Date.now() + 1_000)).toBe(entries.length);
  expect((await page()).entries).toEqual([]);
});
