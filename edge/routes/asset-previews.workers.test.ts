import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ASSET_PREVIEW_BYTES_MAX, SELF_PREVIEW_BYTES_MAX } from '../../contract/limits.ts';
import { collectAssets, endGrants, findDueGrants, GRACE_MS } from '../account/asset-lifetime.ts';
import { recordPreview } from '../account/asset-previews.ts';
import { accountDb } from '../account/database.ts';
import { assetGrants } from '../account/schema.ts';
import { noteObject } from '../account/stray-objects.ts';
import { sha256Hex } from '../digest.ts';
import { previewKey } from '../store/object-key.ts';
import { removeDueObjects } from '../store/removal.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { putAsset } from '../testing/assets.ts';
import { emptyStores, misnamedObjects } from '../testing/bucket.ts';

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
beforeEach(emptyStores);
afterEach(async () => {
  expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
});

const webp = (text: string) => new Uint8Array(new TextEncoder().encode(`RIFF....WEBP${text}`));
const LARGE = 'x'.repeat(SELF_PREVIEW_BYTES_MAX + 1);

/** Stores an asset for the queue `default`, as its runner would; its name. */
async function made(text: string, type = 'image/png'): Promise<string> {
  const name = await sha256Hex(text);
  const path = `/api/v1/assets/${name}?queue_id=default`;
  expect((await putAsset(runner, text, { path, headers: { 'content-type': type } })).ok).toBe(true);
  return name;
}

interface Sent {
  call?: Call;
  queue_id?: string;
  headers?: Record<string, string>;
}

const put = (
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  { call = runner, queue_id = 'default', headers }: Sent = {},
): Promise<Response> =>
  call('PUT', `/api/v1/assets/${name}/preview?queue_id=${queue_id}`, {
    body: bytes,
    headers: { 'content-type': 'image/webp', 'content-length': String(bytes.length), ...headers },
  });
const get = (name: string, call: Call, headers = {}) => call('GET', `/api/v1/assets/${name}/preview`, { headers });

test('the first preview of an image stays, and is served so that a browser keeps it and runs nothing', async () => {
  const name = await made(LARGE);
  const first = await put(name, webp('one'));
  expect([first.status, await first.json()]).toEqual([200, { asset_name: name, content_type: 'image/webp', size: 15 }]);
  // Nobody learns whether it had one: the same image may be another queue's.
  const again = await put(name, webp('another'));
  expect([again.status, await again.json()]).toEqual([200, { asset_name: name, content_type: 'image/webp', size: 19 }]);
  const read = await get(name, admin);
  expect(await read.text()).toBe('RIFF....WEBPone');
  expect(Object.fromEntries(read.headers)).toMatchObject({
    'content-type': 'image/webp',
    'content-length': '15',
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    etag: `"${name}.preview"`,
  });
  expect((await get(name, admin, { 'if-none-match': `"${name}.preview"` })).status).toBe(304);
  expect(await (await admin('GET', `/api/v1/assets/${name}`)).text()).toBe(LARGE);
});

test('two that come at once leave one', async () => {
  const name = await made(LARGE);
  const answers = await Promise.all([put(name, webp('a')), put(name, webp('b'))]);
  expect(answers.every((answer) => answer.ok)).toBe(true);
  expect((await env.BUCKET.list({ prefix: 'previews/' })).objects).toHaveLength(1);
});

test('who may read the asset may see its preview, and nobody else', async () => {
  const name = await made(LARGE);
  await putAsset(ann, LARGE);
  await put(name, webp('one'));
  expect((await get(name, ann)).status).toBe(200);
  expect((await get(name, runner)).status).toBe(200);
  expect((await get(name, bob)).status).toBe(404);
});

describe('without a preview', () => {
  test('a small image is its own', async () => {
    const name = await made('small');
    const read = await get(name, admin);
    expect([read.status, await read.text(), read.headers.get('etag')]).toEqual([200, 'small', `"${name}"`]);
  });

  test('a large one has none, nor has what is no image', async () => {
    for (const name of [await made(LARGE), await made('text', 'text/plain')]) {
      const read = await get(name, admin);
      expect(await read.json()).toMatchObject({ status: 404, code: 'not_found' });
    }
  });
});

describe('nothing is stored when', () => {
  const refuse = async (response: Response, status: number, code: string) => {
    expect(await response.json()).toMatchObject({ status, code });
    expect((await env.BUCKET.list({ prefix: 'previews/' })).objects).toEqual([]);
  };

  test('the key is no runner’s, or the queue has no such image', async () => {
    const name = await made(LARGE);
    await putAsset(ann, 'of ann');
    await refuse(await put(name, webp('x'), { call: ann }), 403, 'forbidden');
    await refuse(await put(name, webp('x'), { queue_id: 'other' }), 403, 'forbidden');
    await refuse(await put(await sha256Hex('of ann'), webp('x')), 404, 'not_found');
    await refuse(await put(await made('text', 'text/plain'), webp('x')), 404, 'not_found');
  });

  test('the body is too large, of another type, not what its type says, or not as long as it says', async () => {
    const name = await made(LARGE);
    await refuse(await put(name, webp('x'.repeat(ASSET_PREVIEW_BYTES_MAX))), 413, 'body_too_large');
    await refuse(
      await put(name, webp('x'), { headers: { 'content-type': 'image/png' } }),
      415,
      'unsupported_media_type',
    );
    await refuse(
      await put(name, webp('x'), { headers: { 'content-type': 'image/jpeg' } }),
      415,
      'unsupported_media_type',
    );
    await refuse(await put(name, webp('x'), { headers: { 'content-length': '5' } }), 400, 'bad_request');
  });
});

describe('[R30] a preview', () => {
  const later = Date.now() + 40 * GRACE_MS;

  /** Ends the queue's hold, and takes the image out of use. */
  async function collect(): Promise<void> {
    const db = accountDb(env);
    await endGrants(db, await findDueGrants(db, 'queue', later, 10), later);
    expect(await collectAssets(db, later + GRACE_MS, 10)).toBe(1);
  }

  afterEach(async () => {
    await removeDueObjects(env, later + GRACE_MS, 10);
    expect((await env.BUCKET.list()).objects).toEqual([]);
  });

  test('goes with its image', async () => {
    const name = await made(LARGE);
    await put(name, webp('one'));
    await collect();
    expect((await put(name, webp('late'))).status).toBe(404);
  });

  test('that is written while its image is collected is never taken into use', async () => {
    const name = await made(LARGE);
    const object_key = previewKey(name, 'p');
    await noteObject(accountDb(env), object_key, Date.now());
    await env.BUCKET.put(object_key, webp('one'));
    await collect();
    const preview = { asset_name: name, content_type: 'image/webp', size: 15 } as const;
    expect(await recordPreview(accountDb(env), preview, object_key)).toBeNull();
  });
});

describe('a hold', () => {
  const hold = (name: string, call = runner, queue_id = 'default') =>
    call('POST', `/api/v1/assets/${name}/hold?queue_id=${queue_id}`);

  test('[R31] lasts as long as that of bytes that were sent anew', async () => {
    const name = await made('kept');
    const db = accountDb(env);
    await db.update(assetGrants).set({ due_at: 1 });
    const before = Date.now();
    const answer = await hold(name);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { asset_name: name, content_type: 'image/png', size: 4 },
    ]);
    const [grant] = await db.select().from(assetGrants);
    expect(grant?.due_at).toBeGreaterThan(before + GRACE_MS / 2);
  });

  test('is had of nothing that the queue does not hold: who knows a name only learns nothing', async () => {
    await putAsset(ann, 'of ann');
    const name = await sha256Hex('of ann');
    expect((await hold(name)).status).toBe(404);
    expect((await hold(name, ann)).status).toBe(403);
    expect((await hold(name, runner, 'other')).status).toBe(403);
    expect(await accountDb(env).select().from(assetGrants)).toHaveLength(1);
  });
});
