import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ModelUpload } from '../contract/store/model.ts';
import { findAsset } from './account/assets.ts';
import { accountDb } from './account/database.ts';
import { assetGrants, modelUploadParts, modelUploads, strayObjects } from './account/schema.ts';
import { noteObject } from './account/stray-objects.ts';
import { sha256Hex } from './digest.ts';
import worker from './index.ts';
import { runScheduled } from './scheduled.ts';
import { type Call, caller, makeKey, migrateAccount } from './testing/account.ts';
import { putAsset, readAsset } from './testing/assets.ts';
import { emptyStores, misnamedObjects } from './testing/bucket.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

let admin: Call;
let ann: Call;
let runner: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  ann = caller(await makeKey({ scopes: ['read', 'enqueue'], user_id: 'ann' }));
  runner = caller(await makeKey({ scopes: ['runner'], queue_ids: ['default'] }));
});
beforeEach(emptyStores);

/** So much later than now. */
const after = (time: number, from: typeof env = env) => runScheduled(from, Date.now() + time);
const stored = async (text: string) => (await findAsset(accountDb(env), await sha256Hex(text))) !== null;
const objects = async () => (await env.BUCKET.list()).objects.length;
const dueAt = async (text: string, kind: 'user' | 'queue') => {
  const sha256 = await sha256Hex(text);
  const grants = await accountDb(env).select().from(assetGrants);
  return grants.find((grant) => grant.sha256 === sha256 && grant.holder_kind === kind)?.due_at;
};

const enqueue = async (text: string, batch_id: string, more: object = {}) =>
  ann('POST', '/api/v1/queue/default/enqueue_batch', {
    json: {
      batch: {
        batch_id,
        runs: 1,
        graph: {
          nodes: { save: { id: 'save', type: 'save_image', image: { image_name: await sha256Hex(text) } } },
          edges: [],
        },
        ...more,
      },
    },
  });

describe('an upload', () => {
  test('that nobody uses ends after thirty days, and is there for another day', async () => {
    await putAsset(ann, 'unused');
    await after(29 * DAY);
    expect((await readAsset(ann, 'unused')).status).toBe(200);
    await after(30 * DAY + HOUR);
    expect((await readAsset(ann, 'unused')).status).toBe(404);
    await after(31 * DAY);
    expect(await stored('unused')).toBe(true);
    await after(31 * DAY + 2 * HOUR);
    expect(await stored('unused')).toBe(false);
    expect(await objects()).toBe(0);
    expect(await accountDb(env).select().from(strayObjects)).toEqual([]);
  });

  test('is kept for as long as the deployment says', async () => {
    const key = await makeKey({ scopes: ['read', 'enqueue'], user_id: 'ann' });
    const context = createExecutionContext();
    const request = new Request<unknown, IncomingRequestCfProperties>(
      `https://switchyard.test/api/v1/assets/${await sha256Hex('short')}`,
      {
        method: 'PUT',
        body: 'short',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'text/plain', 'content-length': '5' },
      },
    );
    expect((await worker.fetch(request, { ...env, ASSET_RETENTION_DAYS: 2 }, context)).status).toBe(201);
    await waitOnExecutionContext(context);
    await after(2 * DAY - HOUR);
    expect((await readAsset(ann, 'short')).status).toBe(200);
    await after(2 * DAY + HOUR);
    expect((await readAsset(ann, 'short')).status).toBe(404);
  });

  test('that is sent again in its last day is found where it was, and stays', async () => {
    await putAsset(ann, 'again');
    const before = await findAsset(accountDb(env), await sha256Hex('again'));
    await after(30 * DAY + HOUR);
    expect((await putAsset(ann, 'again')).status).toBe(201);
    expect(await findAsset(accountDb(env), await sha256Hex('again'))).toEqual(before);
    await after(29 * DAY);
    expect(await (await readAsset(ann, 'again')).text()).toBe('again');
  });

  test('that is sent again after it was collected is written anew', async () => {
    await putAsset(ann, 'anew');
    await after(30 * DAY + HOUR);
    await after(32 * DAY);
    expect(await stored('anew')).toBe(false);
    expect((await putAsset(ann, 'anew')).status).toBe(201);
    expect(await (await readAsset(ann, 'anew')).text()).toBe('anew');
  });

  test('is kept by a batch that names it, as long as the queue refers to it', async () => {
    await putAsset(ann, 'named');
    expect((await enqueue('named', 'naming')).status).toBe(201);
    expect(await dueAt('named', 'queue')).toBeGreaterThan(Date.now());
    const { queue_grants_settled } = await after(25 * HOUR);
    expect(queue_grants_settled).toBe(1);
    // The queue's object said that it refers to it.
    expect(await dueAt('named', 'queue')).toBeGreaterThan(Date.now() + 30 * DAY);
    for (const days of [30, 32, 64]) await after(days * DAY + HOUR);
    expect(await dueAt('named', 'user')).toBeUndefined();
    expect((await readAsset(runner, 'named')).status).toBe(200);
    expect((await readAsset(ann, 'named')).status).toBe(200);
    expect((await readAsset(caller(await makeKey({ queue_ids: ['default'] })), 'named')).status).toBe(200);
  });

  test('lasts anew with each use, at the price of one write a day', async () => {
    await putAsset(ann, 'used');
    const first = await dueAt('used', 'user');
    expect((await enqueue('used', 'use-1')).status).toBe(201);
    expect(await dueAt('used', 'user')).toBe(first);
    const db = accountDb(env);
    await db.update(assetGrants).set({ due_at: Date.now() + 20 * DAY });
    expect((await enqueue('used', 'use-2')).status).toBe(201);
    expect(await dueAt('used', 'user')).toBeGreaterThan(Date.now() + 29 * DAY);
  });
});

test('what a queue was granted for a batch that it refused, it holds for a day', async () => {
  await putAsset(ann, 'refused');
  expect((await enqueue('refused', 'taken')).status).toBe(201);
  await putAsset(ann, 'refused too');
  expect((await enqueue('refused too', 'taken')).status).toBe(409);
  expect((await readAsset(runner, 'refused too')).status).toBe(200);
  await after(25 * HOUR);
  expect((await readAsset(runner, 'refused')).status).toBe(200);
  expect((await readAsset(runner, 'refused too')).status).toBe(404);
});

test('what a deleted queue held goes with it', async () => {
  await admin('POST', '/api/v1/queues', { json: { queue_id: 'short-lived' } });
  const reader = caller(await makeKey({ scopes: ['runner'], queue_ids: ['short-lived'] }));
  await putAsset(reader, 'left', { path: `/api/v1/assets/${await sha256Hex('left')}?queue_id=short-lived` });
  expect((await readAsset(reader, 'left')).status).toBe(200);
  expect((await admin('DELETE', '/api/v1/queues/short-lived')).status).toBe(204);
  expect(await dueAt('left', 'queue')).toBeUndefined();
  await after(25 * HOUR);
  expect([await stored('left'), await objects()]).toEqual([false, 0]);
});

test('a result that its runner never reported goes after two days', async () => {
  await putAsset(runner, 'lost', { path: `/api/v1/assets/${await sha256Hex('lost')}?queue_id=default` });
  await after(23 * HOUR);
  expect((await readAsset(runner, 'lost')).status).toBe(200);
  await after(25 * HOUR);
  await after(50 * HOUR);
  expect(await stored('lost')).toBe(false);
  expect(await objects()).toBe(0);
});

describe('after a day', () => {
  test('what an upload that died had written is removed', async () => {
    await noteObject(accountDb(env), 'staging/dead', Date.now());
    await env.BUCKET.put('staging/dead', 'half');
    await after(23 * HOUR);
    expect(await objects()).toBe(1);
    await after(25 * HOUR);
    expect(await objects()).toBe(0);
    expect(await accountDb(env).select().from(strayObjects)).toEqual([]);
  });

  test('an upload in parts in which nothing arrived is given up', async () => {
    const size = 20 * 1024 * 1024;
    const sha256 = await sha256Hex('never whole');
    await admin('POST', '/api/v1/models', {
      json: { key: 'idle', type: 'onnx', files: [{ path: 'm', sha256, size }] },
    });
    const path = `/api/v1/models/idle/files/${sha256}/uploads`;
    const { upload_id, part_size } = await (await admin('POST', path)).json<ModelUpload>();
    const body = new Uint8Array(part_size);
    const part = () =>
      admin('PUT', `${path}/${upload_id}/1`, { body, headers: { 'content-length': String(part_size) } });
    expect((await part()).status).toBe(200);
    const db = accountDb(env);
    const [upload] = await db.select().from(modelUploads);
    await after(23 * HOUR);
    expect((await part()).status).toBe(200);
    await after(25 * HOUR);
    expect((await part()).status).toBe(404);
    expect([await db.select().from(modelUploads), await db.select().from(modelUploadParts)]).toEqual([[], []]);
    expect(await db.select().from(strayObjects)).toEqual([]);
    const bucket = env.BUCKET.resumeMultipartUpload(`staging/${upload_id}`, upload!.bucket_upload_id);
    await expect(bucket.uploadPart(1, body)).rejects.toThrow('10024');
    // The next one begins anew.
    expect((await (await admin('POST', path)).json<ModelUpload>()).upload_id).not.toBe(upload_id);
  });
});

describe('a run that breaks', () => {
  /** The bucket, whose next deletion fails: before it is done, or after. */
  function breakingBucket(when: 'before' | 'after'): R2Bucket {
    let armed = true;
    return new Proxy(env.BUCKET, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const breaks = name === 'delete' && armed;
          if (breaks) armed = false;
          if (breaks && when === 'before') throw new Error('the bucket broke');
          const result: unknown = await Reflect.apply(member, target, args);
          if (breaks) throw new Error('the bucket broke');
          return result;
        };
      },
    });
  }

  test.each(['before', 'after'] as const)('%s bytes were removed is carried on by the next', async (when) => {
    await putAsset(ann, 'breaking');
    await after(30 * DAY + HOUR);
    const broken = { ...env, BUCKET: breakingBucket(when) };
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    await expect(after(32 * DAY, broken)).rejects.toThrow('scheduled steps failed');
    expect(error).toHaveBeenCalledWith(expect.stringContaining('"step":"objects_removed"'));
    error.mockRestore();
    expect(await stored('breaking')).toBe(false);
    expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
    // Sent again before the rest is done: the bytes are written anew, and stay.
    expect((await putAsset(ann, 'breaking')).status).toBe(201);
    await after(32 * DAY);
    expect(await accountDb(env).select().from(strayObjects)).toEqual([]);
    // Its user's grant has ended again by then; it has its grace period.
    expect(await stored('breaking')).toBe(true);
    expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
    expect(await objects()).toBe(1);
  });

  test('at a queue asks the others, and that one later', async () => {
    await putAsset(ann, 'asked');
    await enqueue('asked', 'asking');
    const silent = {
      ...env,
      QUEUE: {
        idFromName: (name: string) => env.QUEUE.idFromName(name),
        get: () => ({ read: () => Promise.reject(new Error('overloaded')) }),
      },
    } as unknown as typeof env;
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    await after(25 * HOUR, silent);
    error.mockRestore();
    expect(await dueAt('asked', 'queue')).toBeGreaterThan(Date.now() + 25 * HOUR);
    await after(27 * HOUR);
    expect(await dueAt('asked', 'queue')).toBeGreaterThan(Date.now() + 30 * DAY);
  });
});

test('the platform’s clock runs it, and its log line says what was done', async () => {
  await putAsset(ann, 'logged');
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const controller = createScheduledController({ scheduledTime: new Date(Date.now() + 31 * DAY), cron: '17 * * * *' });
  await worker.scheduled(controller, env);
  const line = log.mock.calls.map(([text]) => JSON.parse(String(text))).at(-1);
  log.mockRestore();
  expect(line).toMatchObject({ level: 'info', user_grants_ended: 1, objects_removed: 0, failed: 0 });
});
