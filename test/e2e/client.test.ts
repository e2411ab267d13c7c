import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { ProblemError } from '../../client/errors.ts';
import type { ModelSource } from '../../client/models.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { scratch } from './support/command.ts';
import { freePort } from './support/free-port.ts';

const PATIENCE_MS = 60_000;

async function system(options: { state: string; port: number }): Promise<LocalSystem> {
  const started = await LocalSystem.start({ ...options, runners: 0, temporary: false });
  onTestFinished(() => started.kill());
  return started;
}

const graph = { nodes: { sum: { id: 'sum', type: 'add', a: 1, b: 2 } } };

test('an event stream goes on where it was when the whole system was killed and came back', {
  timeout: PATIENCE_MS,
}, async () => {
  const where = { state: path.join(scratch(), 'state'), port: await freePort() };
  const first = await system(where);
  const queue = createClient(first).queue();
  await queue.enqueueGraph({ graph });
  const modes: string[] = [];
  const batches: number[] = [];
  const sequences: number[] = [];
  for await (const frame of queue.events({ after: 0 })) {
    if (frame.name === 'hello') modes.push(frame.mode);
    if (frame.name === 'hello' || frame.name === 'live' || frame.name === 'snapshot' || frame.sequence === undefined)
      continue;
    sequences.push(frame.sequence);
    if (frame.name !== 'batch_enqueued') continue;
    batches.push(frame.first_item_id ?? 0);
    if (batches.length === 1) {
      await first.kill();
      const { url, key } = await system(where);
      expect({ url, key }).toEqual({ url: first.url, key: first.key });
      // Not through the stream's client: these happen while it is away or coming back.
      for (let item = 2; item <= 4; item++) await createClient({ url, key }).queue().enqueueGraph({ graph });
    }
    if (batches.length === 4) break;
  }
  expect(batches).toEqual([1, 2, 3, 4]);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(modes).not.toContain('snapshot');
});

test('a model that is too large for one request goes up in parts, and goes on where it broke off', {
  timeout: PATIENCE_MS,
}, async () => {
  const { url, key } = await system({ state: path.join(scratch(), 'state'), port: 0 });
  const client = createClient({ url, key });
  const bytes = randomBytes(45 * 1024 * 1024);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const read: number[] = [];
  let breaksAt = 2;
  const file: ModelSource = {
    path: 'model.onnx',
    sha256,
    size: bytes.length,
    read: async (start, end) => {
      if (--breaksAt < 0) throw new Error('the disk went away');
      read.push(start);
      return new Blob([bytes.subarray(start, end)]);
    },
  };
  const progress: number[] = [];
  const publish = () =>
    client.models.publish({ key: 'large', type: 'onnx', files: [file], onProgress: (done) => progress.push(done) });
  await expect(publish()).rejects.toThrow('the disk went away');
  expect(await client.models.get('large')).toMatchObject({ status: 'uploading', missing: [sha256] });
  expect(read).toHaveLength(2);

  breaksAt = 100;
  expect(await publish()).toMatchObject({ status: 'ready', missing: [] });
  expect(read).toEqual([...new Set(read)]);
  expect(progress.at(-1)).toBe(bytes.length);
  const reads = read.length;
  await publish();
  expect(read).toHaveLength(reads);
});

test('assets go up under their digest, come down whole, and are not there for others', {
  timeout: PATIENCE_MS,
}, async () => {
  const { url, key } = await system({ state: path.join(scratch(), 'state'), port: 0 });
  const client = createClient({ url, key });
  const bytes = new TextEncoder().encode('an asset');
  const asset = await client.assets.upload(bytes, 'text/plain');
  expect(asset).toMatchObject({ size: 8, asset_name: createHash('sha256').update(bytes).digest('hex') });
  expect(await client.assets.download(asset.asset_name)).toMatchObject({ bytes });
  const stranger = await client.keys.create({ name: 'stranger', scopes: ['read'], user_id: 'stranger' });
  const refused = createClient({ url, key: stranger.key }).assets.download(asset.asset_name);
  await expect(refused).rejects.toMatchObject({ code: 'not_found' });
  await expect(refused).rejects.toThrow(ProblemError);
});
