import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ASSET_BYTES_MAX } from '../../contract/limits.ts';
import { accountDb } from '../account/database.ts';
import { assetGrants, assets, strayObjects } from '../account/schema.ts';
import { sha256Hex } from '../digest.ts';
import worker from '../index.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { putAsset, readAsset } from '../testing/assets.ts';
import { misnamedObjects } from '../testing/bucket.ts';

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

/** Everything that an upload could leave behind. */
async function state() {
  const db = accountDb(env);
  const { objects } = await env.BUCKET.list();
  return {
    objects: objects.map((object) => [object.key, object.etag]),
    assets: await db.select().from(assets),
    grants: await db.select().from(assetGrants),
    strays: await db.select().from(strayObjects),
  };
}

afterEach(async () => {
  expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
});

describe('an asset', () => {
  test('is stored under its digest, once', async () => {
    const name = await sha256Hex('picture');
    const first = await put('picture');
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/api/v1/assets/${name}`);
    expect(await first.json()).toEqual({ asset_name: name, content_type: 'image/png', size: 7 });
    const before = await state();
    const again = await put('picture', { headers: { 'content-type': 'text/plain' } });
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ asset_name: name, content_type: 'image/png', size: 7 });
    expect(await state()).toEqual(before);
  });

  test('gets its name from the server when it is posted, and leaves nothing on the stage', async () => {
    const response = await put('posted', { method: 'POST', path: '/api/v1/assets' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ asset_name: await sha256Hex('posted'), size: 6 });
    expect(await (await read('posted', ann)).text()).toBe('posted');
    expect((await env.BUCKET.list({ prefix: 'staging/' })).objects).toEqual([]);
    const again = await put('posted', { method: 'POST', path: '/api/v1/assets', call: bob });
    expect(again.status).toBe(201);
    expect((await env.BUCKET.list({ prefix: 'staging/' })).objects).toEqual([]);
  });

  test('may be empty', async () => {
    expect((await put('')).status).toBe(201);
    const response = await read('', ann);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  test('is served so that a browser keeps it and runs nothing', async () => {
    await put('served');
    const response = await read('served', ann);
    expect(await response.text()).toBe('served');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '6',
      'cache-control': 'private, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'content-disposition': expect.stringMatching(/^inline; filename="[0-9a-f]{12}\.png"$/),
      etag: `"${await sha256Hex('served')}"`,
    });
    await put('a note', { headers: { 'content-type': 'text/plain; charset=utf-8' } });
    const note = await read('a note', ann);
    expect(note.headers.get('content-type')).toBe('text/plain');
    expect(note.headers.get('content-disposition')).toMatch(/^attachment; /);
  });

  test('is served in ranges', async () => {
    await put('0123456789');
    const range = async (header: string, headers = {}) => read('0123456789', ann, { range: header, ...headers });
    const middle = await range('bytes=2-4');
    expect([middle.status, await middle.text()]).toEqual([206, '234']);
    expect(middle.headers.get('content-range')).toBe('bytes 2-4/10');
    expect(middle.headers.get('content-length')).toBe('3');
    const end = await range('bytes=-3');
    expect([end.status, await end.text()]).toEqual([206, '789']);
    const outside = await range('bytes=10-');
    expect(outside.status).toBe(416);
    expect(outside.headers.get('content-range')).toBe('bytes */10');
    expect(await outside.json()).toMatchObject({ code: 'range_not_satisfiable' });
    const several = await range('bytes=0-1,4-5');
    expect([several.status, await several.text()]).toEqual([200, '0123456789']);
    const changed = await range('bytes=2-4', { 'if-range': '"else"' });
    expect([changed.status, await changed.text()]).toEqual([200, '0123456789']);
    const same = await range('bytes=2-4', { 'if-range': `"${await sha256Hex('0123456789')}"` });
    expect([same.status, await same.text()]).toEqual([206, '234']);
  });

  test('is not sent again to who has it, and HEAD sends no bytes', async () => {
    await put('cached');
    const etag = `"${await sha256Hex('cached')}"`;
    const had = await read('cached', ann, { 'if-none-match': `"x", W/${etag}` });
    expect([had.status, await had.text(), had.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await read('cached', ann, { 'if-none-match': '"x"' })).status).toBe(200);
    const head = await read('cached', ann, {}, 'HEAD');
    expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([200, '', '6']);
    expect((await read('cached', bob, { 'if-none-match': etag })).status).toBe(404);
  });
});

test('only a GET of what the reader lacks reads bytes from the bucket', async () => {
  await put('seldom read');
  const sha256 = await sha256Hex('seldom read');
  const key = await makeKey({ scopes: ['read', 'enqueue'], user_id: 'ann' });
  const calls: string[] = [];
  const BUCKET = new Proxy(env.BUCKET, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      calls.push(String(name));
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const ask = async (method: string, headers: Record<string, string> = {}) => {
    const context = createExecutionContext();
    const request = new Request<unknown, IncomingRequestCfProperties>(
      `https://switchyard.test/api/v1/assets/${sha256}`,
      { method, headers: { authorization: `Bearer ${key}`, ...headers } },
    );
    const response = await worker.fetch(request, { ...env, BUCKET }, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    return [response.status, text, response.headers.get('content-length')];
  };
  const head = await ask('HEAD');
  expect([head[0], head[1], head[2]]).toEqual([200, '', '11']);
  expect((await ask('HEAD', { range: 'bytes=0-1' })).slice(0, 2)).toEqual([200, '']);
  for (const method of ['GET', 'HEAD'])
    expect((await ask(method, { 'if-none-match': `"${sha256}"` })).slice(0, 2)).toEqual([304, '']);
  expect(calls).toEqual([]);
  expect((await ask('GET'))[1]).toBe('seldom read');
  expect(calls).toEqual(['get']);
});

describe('nothing changes when', () => {
  const refuse = async (send: () => Promise<Response>, status: number, code: string) => {
    const before = await state();
    const response = await send();
    expect(await response.json()).toMatchObject({ status, code });
    expect(response.status).toBe(status);
    expect(await state()).toEqual(before);
  };

  test('the bytes are not what their name says, whether the name is taken or not', async () => {
    await put('right');
    for (const name of [await sha256Hex('right'), await sha256Hex('free')])
      for (const text of ['wrong', 'wrong and longer'])
        await refuse(() => put(text, { path: `/api/v1/assets/${name}` }), 422, 'digest_mismatch');
    expect(await (await read('right', ann)).text()).toBe('right');
  });

  test('a stranger who knows a name, but not the bytes, claims it', async () => {
    await put('secret');
    const path = `/api/v1/assets/${await sha256Hex('secret')}`;
    await refuse(() => put('guessed', { call: bob, path }), 422, 'digest_mismatch');
    await refuse(() => put('guess!', { call: bob, path }), 422, 'digest_mismatch');
    expect((await read('secret', bob)).status).toBe(404);
  });

  test('the type is not on the list', async () => {
    for (const type of ['text/html', 'image/svg+xml', 'application/javascript', ''])
      await refuse(() => put('typed', { headers: { 'content-type': type } }), 415, 'unsupported_media_type');
  });

  test('the length is missing, too large, or a lie', async () => {
    const path = `/api/v1/assets/${await sha256Hex('length')}`;
    const streamed = new Blob(['length']).stream().pipeThrough(new TransformStream());
    const unknown = () => ann('PUT', path, { body: streamed, headers: { 'content-type': 'image/png' } });
    await refuse(unknown, 411, 'length_required');
    const send = (length: string) => put('length', { headers: { 'content-length': length } });
    await refuse(() => send('nine'), 400, 'bad_request');
    await refuse(() => send(String(ASSET_BYTES_MAX + 1)), 413, 'body_too_large');
    await refuse(() => send('5'), 400, 'bad_request');
    await refuse(() => send('7'), 400, 'bad_request');
    await refuse(
      () => put('length', { method: 'POST', path: '/api/v1/assets', headers: { 'content-length': '9' } }),
      400,
      'bad_request',
    );
  });

  test('the name is no digest', async () => {
    for (const name of ['x', 'A'.repeat(64), '..%2Fmodels', `${'a'.repeat(64)}%00`])
      await refuse(() => put('named', { path: `/api/v1/assets/${name}` }), 404, 'not_found');
  });

  test('a key may not store', async () => {
    const reader = caller(await makeKey({ scopes: ['read'] }));
    await refuse(() => put('scoped', { call: reader }), 403, 'forbidden');
    const path = `/api/v1/assets/${await sha256Hex('scoped')}`;
    await refuse(() => put('scoped', { path: `${path}?queue_id=default` }), 403, 'forbidden');
    await refuse(() => put('scoped', { call: runner }), 422, 'validation_failed');
    await refuse(() => put('scoped', { call: runner, path: `${path}?queue_id=other` }), 403, 'forbidden');
    await refuse(() => put('scoped', { call: runner, path: `${path}?queue_id=a/b` }), 422, 'validation_failed');
  });
});
