import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Model, manifestText } from '../../contract/store/model.ts';
import { type EdgeFault, FakeEdge } from '../../test/support/fake-edge.ts';
import { systemClock } from './clock.ts';
import { EdgeApi } from './edge-api.ts';
import { makeLog } from './log.ts';
import { edgeModelSource } from './model-source.ts';
import { isAbandoned, ModelStore, partialName } from './model-store.ts';

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

function newStore(): ModelStore {
  const ending = new AbortController().signal;
  const source = edgeModelSource(new EdgeApi(edge.address, ending));
  return new ModelStore({ source, cache, clock: systemClock, ending, log: makeLog('text', 'error') });
}

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
  expect(readdirSync(path.join(cache, 'models'))).toEqual([hash]);
  await newStore().folder('m', hash);
  expect(edge.calls.file).toBe(3);
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
  // No process has this number: it is over what Linux and macOS give.
  const left = path.join(cache, 'models', partialName(hash, os.hostname(), 99_999_999));
  mkdirSync(left, { recursive: true });
  writeFileSync(path.join(left, 'a.json'), CONFIG);
  writeFileSync(path.join(left, 'model.onnx.part'), WEIGHTS.subarray(0, 200_000));
  edge.breakTransfersAt = [100_001];
  await store.folder('m', hash).catch(() => undefined);
  expect(below(modelFolder(hash))).toEqual(['a.json', 'model.onnx']);
  expect(edge.calls.file).toBe(1);
});

test.each([
  ['of this machine, dead', partialName('h', 'here', 7), true],
  ['of this machine, alive', partialName('h', 'here', 1), false],
  ['of another machine', partialName('h', 'there', 7), false],
  ['of another model', partialName('g', 'here', 7), false],
  ['a whole model', 'h', false],
])('a folder %s', (_, name, abandoned) => {
  expect(isAbandoned(name, 'h', 'here', (pid) => pid === 1)).toBe(abandoned);
});
