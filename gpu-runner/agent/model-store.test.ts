import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Model, manifestText } from '../../contract/store/model.ts';
import { type EdgeFault, FakeEdge } from '../../test/support/fake-edge.ts';
import { systemClock } from './clock.ts';
import { EdgeApi } from './edge-api.ts';
import { makeLog } from './log.ts';
import { isAbandonedBy, named, nameOf, type Role } from './model-disk.ts';
import { edgeModelSource } from './model-source.ts';
import { ModelStore, type ModelStoreParts } from './model-store.ts';

let edge: FakeEdge;
let cache: string;
let store: ModelStore;

const digest = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const CONFIG = Buffer.from('{"a":1}');
const WEIGHTS = Buffer.alloc(300_000, 'weights ');

function put(key: string, contents: Record<string, Buffer>): Model {
  const files = Object.entries(contents).map(([name, bytes]) => ({
    path: name,
    sha256: digest(bytes),
    size: bytes.length,
  }));
  const model: Model = {
    ...{ key, type: 'onnx', base: 'any', status: 'ready', files, missing: [], created_at: '2026-01-01T00:00:00.000Z' },
    hash: digest(manifestText({ type: 'onnx', files })),
  };
  edge.models.set(key, { model, files: new Map(Object.values(contents).map((bytes) => [digest(bytes), bytes])) });
  return model;
}

const modelFolder = (hash: string) => path.join(cache, 'models', hash);
const below = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

beforeEach(async () => {
  edge = await new FakeEdge().open();
  cache = mkdtempSync(path.join(os.tmpdir(), 'switchyard-models-'));
  store = newStore();
});

function newStore(more: Partial<ModelStoreParts> = {}): ModelStore {
  const ending = new AbortController().signal;
  const source = edgeModelSource(new EdgeApi(edge.address, ending));
  const log = makeLog('text', 'error');
  return new ModelStore({
    ...{ source, cache, clock: systemClock, ending, log, limit: null, isNeeded: () => false },
    ...more,
  });
}

/** What the process of that number on this machine wrote about a model. */
const ofProcess = (hash: string, pid: number, role: Role, host = os.hostname()) =>
  path.join(cache, 'models', nameOf({ hash, host, pid }, role));
/** No process has this number: it is over what Linux and macOS give. */
const DEAD = 99_999_999;
/** The folders of whole models. */
const kept = () => below(path.join(cache, 'models')).filter((name) => /^[0-9a-f]{64}$/.test(name));

afterEach(async () => {
  await edge.close();
  rmSync(cache, { recursive: true });
});

test('a model comes whole, under its own names, and is fetched once', async () => {
  const { hash } = put('m', { 'config.json': CONFIG, 'unet/model.onnx': WEIGHTS, 'unet/model.onnx_data': CONFIG });
  const waiting = await Promise.all([store.folder('m', hash), store.folder('m', hash), store.folder('m', hash)]);
  expect(waiting.map(({ folder }) => folder)).toEqual(Array(3).fill(modelFolder(hash)));
  expect(below(modelFolder(hash))).toEqual(['config.json', 'unet', 'unet/model.onnx', 'unet/model.onnx_data']);
  expect(readFileSync(path.join(modelFolder(hash), 'unet/model.onnx'))).toEqual(WEIGHTS);
  expect(kept()).toEqual([hash]);
  await newStore().folder('m', hash);
  expect(edge.calls.file).toBe(3);
});

test('a model that is there is used where nothing can be written beside it', async () => {
  const { hash } = put('m', { 'model.onnx': WEIGHTS });
  await store.folder('m', hash);
  const lease = ofProcess(hash, process.pid, 'lease');
  rmSync(lease);
  mkdirSync(lease);
  expect((await newStore().folder('m', hash)).folder).toBe(modelFolder(hash));
  const absent = put('absent', { 'model.onnx': CONFIG }).hash;
  mkdirSync(ofProcess(absent, process.pid, 'lease'));
  await expect(newStore().folder('absent', absent)).rejects.toThrow(/folder of the model "absent" cannot be written/);
});

test('two keys of the same files share one download', async () => {
  const contents = { 'config.json': CONFIG, 'model.onnx': WEIGHTS };
  const [{ hash }] = [put('m', contents), put('n', contents)];
  await Promise.all([store.folder('m', hash), store.folder('n', hash), store.folder('m', undefined)]);
  expect(below(modelFolder(hash))).toEqual(['config.json', 'model.onnx']);
  expect(edge.calls.file).toBe(2);
});

test('a transfer that breaks is taken up where it broke', async () => {
  const { hash } = put('m', { 'model.onnx': WEIGHTS });
  edge.breakTransfersAt = [100_000, 50_000];
  await store.folder('m', hash);
  expect(readFileSync(path.join(modelFolder(hash), 'model.onnx'))).toEqual(WEIGHTS);
  expect(edge.calls.file).toBe(3);
});

test.each<EdgeFault>(['cut', 'busy'])('a source that meets "%s" is asked again', async (fault) => {
  const { hash } = put('m', { 'model.onnx': WEIGHTS });
  edge.faultOf = (call, number) => ((call === 'file' || call === 'model') && number <= 2 ? fault : undefined);
  await store.folder('m', hash);
  expect(below(modelFolder(hash))).toEqual(['model.onnx']);
});

test('bytes that are not what the manifest says never get their name', async () => {
  const { hash } = put('m', { 'model.onnx': WEIGHTS });
  const damaged = Buffer.from(WEIGHTS);
  damaged[7] = 0;
  edge.models.get('m')?.files.set(digest(WEIGHTS), damaged);
  await expect(store.folder('m', hash)).rejects.toThrow(/"model.onnx" of the model "m" does not have the digest/);
  expect(below(path.join(cache, 'models')).filter((name) => name.endsWith('.onnx'))).toEqual([]);
  // The store was mended meanwhile.
  edge.models.get('m')?.files.set(digest(WEIGHTS), WEIGHTS);
  await store.folder('m', hash);
  expect(below(modelFolder(hash))).toEqual(['model.onnx']);
});

test('more bytes than the manifest says are refused too', async () => {
  const { hash } = put('m', { 'model.onnx': WEIGHTS });
  edge.models.get('m')?.files.set(digest(WEIGHTS), Buffer.concat([WEIGHTS, CONFIG]));
  await expect(store.folder('m', hash)).rejects.toThrow(/digest/);
});

test('a manifest that is not what the graph was pinned to is refused', async () => {
  put('m', { 'model.onnx': WEIGHTS });
  await expect(store.folder('m', digest('another'))).rejects.toThrow(/does not have the hash/);
});

test('what a dead process began is carried on', async () => {
  const { hash } = put('m', { 'a.json': CONFIG, 'model.onnx': WEIGHTS });
  const left = ofProcess(hash, DEAD, 'partial');
  mkdirSync(left, { recursive: true });
  writeFileSync(path.join(left, 'a.json'), CONFIG);
  writeFileSync(path.join(left, 'model.onnx.part'), WEIGHTS.subarray(0, 200_000));
  edge.breakTransfersAt = [100_001];
  await store.folder('m', hash).catch(() => undefined);
  expect(below(modelFolder(hash))).toEqual(['a.json', 'model.onnx']);
  expect(edge.calls.file).toBe(1);
});

test.each([
  ['of this machine, dead', 'here', 7, true],
  ['of this machine, alive', 'here', 1, false],
  ['of another machine', 'there.example', 7, false],
])('what a process %s left behind', (_, host, pid, abandoned) => {
  const name = nameOf({ hash: 'h', host, pid }, 'partial');
  expect([named(name, 'partial'), named(name, 'lease'), named('h', 'partial')]).toEqual([
    { hash: 'h', host, pid },
    null,
    null,
  ]);
  expect(isAbandonedBy({ hash: 'h', host, pid }, 'here', (each) => each === 1)).toBe(abandoned);
});

test('who waits is told how much has come, of what is carried on too', async () => {
  const { hash } = put('m', { 'config.json': CONFIG, 'model.onnx': WEIGHTS });
  let now = 0;
  const clock = { ...systemClock, now: () => (now += 1_000) };
  const heard: number[][] = [[], []];
  const busy = newStore({ clock });
  edge.breakTransfersAt = [7, 100_000];
  await Promise.all(heard.map((list) => busy.folder('m', hash, (done, total) => list.push(done / total))));
  expect(heard[0]?.at(-1)).toBe(1);
  expect(heard[0]?.some((share) => share > 0.2 && share < 0.9)).toBe(true);
  expect([...(heard[0] ?? [])].sort((a, b) => a - b)).toEqual(heard[0]);
  expect(heard[1]).toEqual(heard[0]);
});

describe('with a limit', () => {
  const file = (letter: string) => Buffer.alloc(100_000, letter);
  const models = () =>
    Object.fromEntries(['a', 'b', 'c'].map((key) => [key, put(key, { 'model.onnx': file(key) }).hash]));
  const usedAt = (hash: string, seconds: number) => utimesSync(modelFolder(hash), seconds, seconds);

  test('the model that was used least recently goes, whichever process used it', async () => {
    const { a = '', b = '', c = '' } = models();
    const limited = newStore({ limit: 250_000 });
    for (const [key, hash] of Object.entries({ a, b })) await limited.folder(key, hash);
    usedAt(a, 2_000);
    usedAt(b, 1_000);
    await newStore({ limit: 250_000 }).folder('c', c);
    expect(kept()).toEqual([a, c].sort());
    // A use counts, and not only a download.
    await newStore({ limit: 250_000 }).folder('a', a);
    usedAt(c, 3_000);
    await newStore({ limit: 250_000 }).folder('b', b);
    expect(kept()).toEqual([a, b].sort());
    expect(edge.calls.file).toBe(4);
  });

  test('what an item needs goes last, and comes again when it is asked for', async () => {
    const { a = '', b = '', c = '' } = models();
    const limited = newStore({ limit: 250_000, isNeeded: (hash) => hash === a });
    for (const [key, hash] of Object.entries({ a, b })) await limited.folder(key, hash);
    usedAt(a, 1_000);
    await limited.folder('c', c);
    expect(kept()).toEqual([a, c].sort());
    await limited.folder('b', b);
    expect(kept()).toEqual([a, b].sort());
    const all = newStore({ limit: 250_000, isNeeded: () => true });
    await all.folder('c', c);
    expect(kept()).toHaveLength(2);
  });

  test('what another runner of this machine uses stays', async () => {
    const { a = '', b = '', c = '' } = models();
    const limited = newStore({ limit: 250_000 });
    for (const [key, hash] of Object.entries({ a, b })) await limited.folder(key, hash);
    usedAt(a, 1_000);
    writeFileSync(ofProcess(a, process.ppid, 'lease'), '');
    writeFileSync(ofProcess(b, DEAD, 'lease'), '');
    await limited.folder('c', c);
    expect(kept()).toEqual([a, c].sort());
    writeFileSync(ofProcess(c, 1, 'lease', 'elsewhere'), '');
    await expect(limited.folder('b', b)).rejects.toThrow(
      'there is no room on disk for the model "b": models may take 1 MB (--model-disk), and other runners of this ' +
        'machine use the rest of it',
    );
    // It said so for the last time more than a day ago.
    utimesSync(ofProcess(c, 1, 'lease', 'elsewhere'), 1_000, 1_000);
    await limited.folder('b', b);
    expect(kept()).toEqual([a, b].sort());
  });

  test('this runner says what it uses, and no longer than it needs it', async () => {
    const { a = '', b = '' } = models();
    const needed = new Set([a]);
    const store = newStore({ isNeeded: (hash) => needed.has(hash) });
    const leases = () => below(path.join(cache, 'models')).flatMap((name) => named(name, 'lease')?.hash ?? []);
    await store.folder('a', a);
    await store.folder('b', b);
    expect(leases()).toEqual([a, b].sort());
    needed.clear();
    await store.folder('b', b);
    expect(leases()).toEqual([b]);
  });

  test('a model that is larger than all of it is refused, with both figures and the flag', async () => {
    const { a = '' } = models();
    await newStore({ limit: 250_000 }).folder('a', a);
    const { hash } = put('large', { 'model.onnx': Buffer.alloc(3_000_000) });
    await expect(newStore({ limit: 2_000_000 }).folder('large', hash)).rejects.toThrow(
      'the model "large" has 3 MB of files, and models may take 2 MB of disk (--model-disk) here',
    );
    expect(kept()).toEqual([a]);
  });

  test('what dead processes left goes too', async () => {
    const { a = '', b = '' } = models();
    for (const [role, letter] of [
      ['partial', 'd'],
      ['gone', 'e'],
    ] as const) {
      mkdirSync(ofProcess(letter.repeat(64), DEAD, role), { recursive: true });
      writeFileSync(path.join(ofProcess(letter.repeat(64), DEAD, role), 'model.onnx'), file(letter));
    }
    const limited = newStore({ limit: 250_000 });
    await limited.folder('a', a);
    await limited.folder('b', b);
    expect(kept()).toEqual([a, b].sort());
    expect(below(path.join(cache, 'models')).filter((name) => /partial|gone/.test(name))).toEqual([]);
  });
});

describe('files that were damaged on the disk', () => {
  const damage = (hash: string, name: string, bytes: Buffer) =>
    writeFileSync(path.join(modelFolder(hash), name), bytes);
  const WRONG = Buffer.alloc(WEIGHTS.length, 'x');

  test('are found by their sizes when a process first uses them', async () => {
    const { hash } = put('m', { 'config.json': CONFIG, 'unet/model.onnx': WEIGHTS });
    await store.folder('m', hash);
    damage(hash, 'unet/model.onnx', WEIGHTS.subarray(1));
    await newStore().folder('m', hash);
    expect(readFileSync(path.join(modelFolder(hash), 'unet/model.onnx'))).toEqual(WEIGHTS);
    rmSync(path.join(modelFolder(hash), 'unet'), { recursive: true });
    await newStore().folder('m', hash);
    expect(readFileSync(path.join(modelFolder(hash), 'unet/model.onnx'))).toEqual(WEIGHTS);
    expect([edge.calls.file, kept()]).toEqual([4, [hash]]);
  });

  test('are found by their digests when they do not load, and nothing else is fetched again', async () => {
    const { hash } = put('m', { 'config.json': CONFIG, 'unet/model.onnx': WEIGHTS });
    await store.folder('m', hash);
    expect(await store.mend('m', hash)).toBe(false);
    damage(hash, 'unet/model.onnx', WRONG);
    await newStore().folder('m', hash);
    expect(edge.calls.file).toBe(2);
    expect(await Promise.all([store.mend('m', hash), store.mend('m', hash)])).toEqual([true, true]);
    expect(readFileSync(path.join(modelFolder(hash), 'unet/model.onnx'))).toEqual(WEIGHTS);
    expect([edge.calls.file, await store.mend('m', hash)]).toEqual([3, false]);
    rmSync(modelFolder(hash), { recursive: true });
    expect(await store.mend('m', hash)).toBe(true);
    expect([edge.calls.file, kept()]).toEqual([5, [hash]]);
  });
});
