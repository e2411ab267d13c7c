import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Model, ModelFile, ModelUpload, ModelUploadPart } from '../../contract/store/model.ts';
import { accountDb } from '../account/database.ts';
import { lookupModels } from '../account/models.ts';
import { hex, sha256Hex } from '../digest.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { misnamedObjects } from '../testing/bucket.ts';

let admin: Call;
let reader: Call;
let runner: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
  reader = caller(await makeKey({ scopes: ['read'] }));
  runner = caller(await makeKey({ scopes: ['runner'] }));
});

const fileOf = async (path: string, text: string): Promise<ModelFile> => ({
  path,
  sha256: await sha256Hex(text),
  size: text.length,
});
const declare = (key: string, files: ModelFile[], more: object = {}, call = admin) =>
  call('POST', '/api/v1/models', { json: { key, type: 'onnx', files, ...more } });
const bytes = (body: BodyInit, length: number) => ({ body, headers: { 'content-length': String(length) } });
const upload = async (key: string, text: string, sha256?: string) =>
  admin('PUT', `/api/v1/models/${key}/files/${sha256 ?? (await sha256Hex(text))}`, bytes(text, text.length));
const get = async (path: string, call = reader): Promise<Model> => (await call('GET', `/api/v1/models/${path}`)).json();

/** Objects that have the file's bytes. */
const copies = async (sha256: string) => (await env.BUCKET.list({ prefix: `models/${sha256}` })).objects.length;

afterEach(async () => {
  expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
});

describe('a model', () => {
  test('is declared, filled and ready', async () => {
    const files = [await fileOf('unet/model.onnx', 'weights'), await fileOf('config.json', '{}')];
    const declared = await declare('sd', files);
    expect(declared.status).toBe(201);
    const model: Model = await declared.json();
    expect(model).toMatchObject({ key: 'sd', base: 'any', status: 'uploading' });
    expect(model.missing.sort()).toEqual(files.map((file) => file.sha256).sort());
    expect(await lookupModels(accountDb(env), ['sd'])).toEqual(new Map());

    expect((await upload('sd', '{}')).status).toBe(204);
    expect((await get('sd')).missing).toEqual([files[0]?.sha256]);
    expect((await upload('sd', 'weights')).status).toBe(204);
    expect((await upload('sd', 'weights')).status).toBe(204);
    const ready = await get('sd');
    expect(ready).toMatchObject({ status: 'ready', missing: [], hash: model.hash });
    const again = await declare('sd', [...files].reverse());
    expect([again.status, await again.json()]).toEqual([200, ready]);
    expect((await lookupModels(accountDb(env), ['sd', 'none'])).get('sd')).toMatchObject([{ hash: model.hash }]);
    expect((await declare('sd', files, { base: 'sd-1' })).status).toBe(409);
  });

  test('takes what another model has stored', async () => {
    await declare('first', [await fileOf('a', 'common')]);
    await upload('first', 'common');
    const second: Model = await (await declare('second', [await fileOf('b', 'common')])).json();
    expect(second.status).toBe('ready');
  });

  test('has versions; the newest that is ready is current', async () => {
    const one: Model = await (await declare('v', [await fileOf('m', 'one')])).json();
    await upload('v', 'one');
    const two: Model = await (await declare('v', [await fileOf('m', 'two')])).json();
    expect(two.hash).not.toBe(one.hash);
    expect((await get('v')).hash).toBe(one.hash);
    await upload('v', 'two');
    expect((await get('v')).hash).toBe(two.hash);
    expect((await get(`v?hash=${one.hash}`)).hash).toBe(one.hash);
    const listed: Model[] = await (await reader('GET', '/api/v1/models')).json();
    expect(listed.filter((model) => model.key === 'v').map((model) => model.hash)).toEqual([two.hash, one.hash]);
    expect((await lookupModels(accountDb(env), ['v'])).get('v')?.map((model) => model.hash)).toEqual([
      two.hash,
      one.hash,
    ]);
  });

  test('of as many files as a manifest may have', async () => {
    const files = await Promise.all(Array.from({ length: 200 }, (_, at) => fileOf(`f${at}`, `text ${at}`)));
    const model: Model = await (await declare('many', files)).json();
    expect(model.files).toHaveLength(200);
    expect(model.missing).toHaveLength(200);
  });

  test('is read by readers and runners, file by file, in ranges', async () => {
    await declare('read', [await fileOf('deep/er/x.onnx', '0123456789')]);
    const path = `/api/v1/models/read/files/${await sha256Hex('0123456789')}`;
    expect((await reader('GET', path)).status).toBe(422);
    expect((await runner('GET', `${path}/location`)).status).toBe(422);
    await upload('read', '0123456789');
    const whole = await runner('GET', path);
    expect(await whole.text()).toBe('0123456789');
    expect(whole.headers.get('content-disposition')).toBe('attachment; filename="x.onnx"');
    const part = await runner('GET', path, { headers: { range: 'bytes=3-5' } });
    expect([part.status, await part.text()]).toEqual([206, '345']);
    const location = await runner('GET', `${path}/location`);
    const { object_key, size } = await location.json<{ object_key: string; size: number }>();
    expect([await (await env.BUCKET.get(object_key))?.text(), size]).toEqual(['0123456789', 10]);
    expect((await reader('GET', `${path}/location`)).status).toBe(403);
    const elsewhere = await reader('GET', `/api/v1/models/read/files/${await sha256Hex('common')}`);
    expect(elsewhere.status).toBe(404);
  });

  test('is removed with the files that no other has', async () => {
    await declare('gone', [await fileOf('a', 'kept'), await fileOf('b', 'dropped')]);
    await declare('stays', [await fileOf('a', 'kept')]);
    await upload('gone', 'kept');
    await upload('gone', 'dropped');
    expect((await admin('DELETE', '/api/v1/models/gone')).status).toBe(204);
    expect((await reader('GET', '/api/v1/models/gone')).status).toBe(404);
    expect((await admin('DELETE', '/api/v1/models/gone')).status).toBe(404);
    expect(await copies(await sha256Hex('dropped'))).toBe(0);
    expect(await copies(await sha256Hex('kept'))).toBe(1);
    expect((await get('stays')).status).toBe('ready');
  });
});

describe('a model is refused', () => {
  test.each([
    ['../x', 'a path out of its folder'],
    ['/etc/passwd', 'an absolute path'],
    ['a/../b', 'a path that goes up'],
    ['a//b', 'an empty segment'],
    ['a\\b', 'a backslash'],
    ['.hidden', 'a hidden file'],
  ])('with %s, %s', async (path) => {
    const response = await declare('bad', [{ ...(await fileOf('x', 'y')), path }]);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '/files/0/path' }] });
    expect((await reader('GET', '/api/v1/models/bad')).status).toBe(404);
  });

  test('with one path twice', async () => {
    const response = await declare('bad', [await fileOf('x', 'y'), await fileOf('x', 'z')]);
    expect(await response.json()).toMatchObject({ status: 422, errors: [{ pointer: '/files/1/path' }] });
  });

  test('from readers and runners', async () => {
    const files = [await fileOf('x', 'y')];
    for (const call of [reader, runner]) {
      expect((await declare('x', files, {}, call)).status).toBe(403);
      expect((await call('DELETE', '/api/v1/models/sd')).status).toBe(403);
      expect((await call('PUT', `/api/v1/models/sd/files/${files[0]?.sha256}`, bytes('y', 1))).status).toBe(403);
    }
  });

  test('when its bytes have another digest or length; nothing gets the name', async () => {
    const { sha256 } = await fileOf('m', 'right');
    await declare('wrong', [await fileOf('m', 'right')]);
    for (const text of ['wrong', 'wrong and longer'])
      expect(await (await upload('wrong', text, sha256)).json()).toMatchObject({ code: 'digest_mismatch' });
    expect(await copies(sha256)).toBe(0);
    expect((await get('wrong')).status).toBe('uploading');
    expect((await upload('wrong', 'undeclared')).status).toBe(404);
    expect((await upload('nowhere', 'right')).status).toBe(404);
  });
});

describe('a file in parts', () => {
  const SIZE = 33 * 1024 * 1024;
  /** Hashing and copying so much on a busy machine. */
  const SLOW_MS = 30_000;
  const content = new Uint8Array(SIZE).map((_, at) => (at >> 8) ^ at);

  const digest = async () => hex(await crypto.subtle.digest('SHA-256', content));
  const part = (path: string, id: string, number: number, body: Uint8Array<ArrayBuffer>) =>
    admin('PUT', `${path}/uploads/${id}/${number}`, bytes(body, body.length));
  const start = async (path: string): Promise<ModelUpload> => (await admin('POST', `${path}/uploads`)).json();

  test(
    'arrives, is taken up again after a break, and is verified',
    async () => {
      const sha256 = await digest();
      const path = `/api/v1/models/large/files/${sha256}`;
      await declare('large', [{ path: 'model.onnx', sha256, size: SIZE }]);
      const begun = await admin('POST', `${path}/uploads`);
      expect(begun.status).toBe(201);
      const { upload_id, part_size, parts: none }: ModelUpload = await begun.json();
      expect(none).toEqual([]);
      const slice = (number: number) => content.slice((number - 1) * part_size, number * part_size);
      const count = Math.ceil(SIZE / part_size);
      expect(count).toBeGreaterThan(1);

      const first = await part(path, upload_id, 1, slice(1));
      expect(first.status).toBe(200);
      const again = await admin('POST', `${path}/uploads`);
      expect(again.status).toBe(200);
      expect(await again.json()).toEqual({ upload_id, part_size, parts: [await first.json()] });

      const parts: ModelUploadPart[] = [];
      for (let number = count; number >= 1; number--)
        parts.push(await (await part(path, upload_id, number, slice(number))).json());
      const complete = (sent: unknown) =>
        admin('POST', `${path}/uploads/${upload_id}/complete`, { json: { parts: sent } });
      expect((await complete([{ part_number: 1, etag: 'nothing' }])).status).toBe(409);
      expect((await complete(parts)).status).toBe(204);
      expect((await get('large')).status).toBe('ready');
      const whole = await runner('GET', path);
      expect(hex(await crypto.subtle.digest('SHA-256', await whole.arrayBuffer()))).toBe(sha256);
      expect((await env.BUCKET.list({ prefix: 'staging/' })).objects).toEqual([]);
      // Sent again because its answer was lost.
      expect((await complete(parts)).status).toBe(204);
    },
    SLOW_MS,
  );

  test('with other bytes never gets the name, and can begin anew', async () => {
    const sha256 = await sha256Hex('something else');
    const path = `/api/v1/models/false/files/${sha256}`;
    const size = 17 * 1024 * 1024;
    await declare('false', [{ path: 'model.onnx', sha256, size }]);
    const { upload_id, part_size } = await start(path);
    const parts = [
      await (await part(path, upload_id, 1, content.slice(0, part_size))).json(),
      await (await part(path, upload_id, 2, content.slice(0, size - part_size))).json(),
    ];
    const response = await admin('POST', `${path}/uploads/${upload_id}/complete`, { json: { parts } });
    expect(await response.json()).toMatchObject({ status: 422, code: 'digest_mismatch' });
    expect(await copies(sha256)).toBe(0);
    expect((await env.BUCKET.list({ prefix: 'staging/' })).objects).toEqual([]);
    expect((await start(path)).upload_id).not.toBe(upload_id);
  });

  test('takes no part of another length, number or upload', async () => {
    const sha256 = await sha256Hex('x');
    const path = `/api/v1/models/lengths/files/${sha256}`;
    await declare('lengths', [{ path: 'm', sha256, size: 1 }]);
    const { upload_id } = await start(path);
    const send = async (id: string, number: number | string, body: Uint8Array<ArrayBuffer>) =>
      (await part(path, id, number as number, body)).status;
    expect(await send(upload_id, 1, new Uint8Array(2))).toBe(422);
    expect(await send(upload_id, 2, new Uint8Array(1))).toBe(422);
    expect(await send(upload_id, 0, new Uint8Array(1))).toBe(404);
    expect(await send(upload_id, 'one', new Uint8Array(1))).toBe(404);
    expect(await send('other', 1, new Uint8Array(1))).toBe(404);
    expect((await reader('POST', `${path}/uploads`)).status).toBe(403);
  });
});
