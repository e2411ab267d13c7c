import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Model, manifestText } from '../../contract/store/model.ts';
import { FakeBucket } from '../../test/support/fake-bucket.ts';
import { FakeEdge } from '../../test/support/fake-edge.ts';
import { type Clock, systemClock } from './clock.ts';
import { EdgeApi } from './edge-api.ts';
import { makeLog } from './log.ts';
import { bucketFromEnvironment } from './model-bucket.ts';
import { modelSource } from './model-source.ts';
import { ModelStore } from './model-store.ts';

const WEIGHTS = Buffer.alloc(300_000, 'weights ');
const SHA256 = createHash('sha256').update(WEIGHTS).digest('hex');
const OBJECT = `models/${SHA256}/one`;

let edge: FakeEdge;
let bucket: FakeBucket;
let cache: string;
let hash: string;
let warnings: string[];

beforeEach(async () => {
  [edge, bucket] = [await new FakeEdge().open(), await new FakeBucket().open()];
  cache = mkdtempSync(path.join(os.tmpdir(), 'switchyard-models-'));
  warnings = [];
  const files = [{ path: 'model.onnx', sha256: SHA256, size: WEIGHTS.length }];
  const manifest = { key: 'm', type: 'onnx' as const, base: 'any', status: 'ready' as const, files, missing: [] };
  hash = createHash('sha256').update(manifestText(manifest)).digest('hex');
  const model: Model = { ...manifest, hash, created_at: '2026-01-01T00:00:00.000Z' };
  edge.models.set('m', { model, files: new Map([[SHA256, WEIGHTS]]) });
  bucket.objects.set(OBJECT, WEIGHTS);
});

afterEach(async () => {
  await Promise.all([edge.close(), bucket.close()]);
  rmSync(cache, { recursive: true });
});

/** Nobody waits between tries. */
const HURRIED: Clock = {
  ...systemClock,
  later: (ms, callback) => systemClock.later(ms < 10_000 ? 1 : ms, callback),
};

async function download(environment: NodeJS.ProcessEnv = bucket.environment): Promise<Buffer> {
  const ending = new AbortController().signal;
  const log = {
    ...makeLog('text', 'silent'),
    warn: (_: unknown, message?: string) => void warnings.push(message ?? ''),
  };
  const store = new ModelStore({
    ...{ cache, clock: HURRIED, ending, limit: null, isNeeded: () => false },
    log: { ...log, info: () => undefined, debug: () => undefined, error: () => undefined },
    source: modelSource(new EdgeApi(edge.address, ending), log as never, environment),
  });
  const { folder } = await store.folder('m', hash);
  return readFileSync(path.join(folder, 'model.onnx'));
}

test('bytes come from the bucket, by signed requests', async () => {
  expect(await download()).toEqual(WEIGHTS);
  expect(bucket.requests).toEqual([`GET ${OBJECT} 200`]);
  expect([edge.calls.location, edge.calls.file, warnings]).toEqual([1, 0, []]);
});

test('a transfer that breaks is taken up where it broke', async () => {
  bucket.breakTransfersAt = [100_000, 50_000];
  expect(await download()).toEqual(WEIGHTS);
  expect(bucket.requests).toEqual([
    `GET ${OBJECT} 200`,
    expect.stringMatching(/ bytes=\d+- 206$/),
    expect.stringMatching(/ bytes=\d+- 206$/),
  ]);
  expect(edge.calls.file).toBe(0);
});

test('bytes that are not what the manifest says never get their name', async () => {
  bucket.objects.set(OBJECT, Buffer.alloc(WEIGHTS.length));
  await expect(download()).rejects.toThrow('"model.onnx" of the model "m" does not have the digest of its manifest');
  expect(edge.calls.file).toBe(0);
});

test('a file that is shorter than the manifest says is given up', async () => {
  bucket.objects.set(OBJECT, WEIGHTS.subarray(0, 200_000));
  bucket.breakTransfersAt = [150_000];
  await expect(download()).rejects.toThrow(/does not arrive: the edge answered 416|the transfer ended after/);
});

test.each(['AccessDenied', 'NoSuchKey', 'SlowDown'])(
  'what the bucket refuses with %s comes from the edge',
  async (code) => {
    bucket.refusal = code;
    expect(await download()).toEqual(WEIGHTS);
    expect([edge.calls.file, warnings]).toEqual([
      1,
      [expect.stringMatching(/^the bucket does not give its models, the edge is asked: /)],
    ]);
  },
);

test('so does what a secret does not open, and it is said once', async () => {
  edge.breakTransfersAt = [100_000];
  expect(await download({ ...bucket.environment, AWS_SECRET_ACCESS_KEY: 'another' })).toEqual(WEIGHTS);
  expect(bucket.requests.length).toBeGreaterThan(1);
  expect(warnings).toHaveLength(1);
});

test('an edge that names no object is asked for the bytes too', async () => {
  edge.faultOf = (call) => (call === 'location' ? 'busy' : undefined);
  expect(await download()).toEqual(WEIGHTS);
  expect([bucket.requests, edge.calls.file]).toEqual([[], 1]);
});

test('without all of its names in the environment there is no bucket', () => {
  const environment = bucket.environment;
  expect(bucketFromEnvironment(environment)).toMatchObject({ region: 'auto', accessKeyId: 'reader' });
  expect(bucketFromEnvironment({ ...environment, AWS_REGION: 'eu-central-1' })).toMatchObject({
    region: 'eu-central-1',
  });
  for (const name of Object.keys(environment)) expect(bucketFromEnvironment({ ...environment, [name]: '' })).toBeNull();
});
