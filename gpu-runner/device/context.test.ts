import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Model } from '../../contract/store/model.ts';
import { ModelLoaderRegistry, type StoredModel } from '../models/model-loader-registry.ts';
import { DeviceAssets } from './assets.ts';
import { Context, type Services } from './context.ts';
import { DeviceModels } from './models.ts';
import { Requests } from './requests.ts';
import { Task } from './task.ts';
import { UploadRoom } from './upload-room.ts';

const task = () => new Task(1, { item_id: 1, fence: 1, token: 't', results: [] } as unknown as Grant);

test('a model that is asked for when the node has ended already is refused, and keeps no room from others', async () => {
  const load = async () => ({ release: async () => undefined });
  const registry = new ModelLoaderRegistry({ loaders: new Map([['test', { estimate: () => 1, load }]]), budget: 1 });
  const requests: Requests = new Requests((message) => {
    if (message.kind !== 'request' || message.wanted.what !== 'model') return;
    const manifest = { hash: message.wanted.key, type: 'test' } as unknown as Model;
    requests.answer({ kind: 'answer', request: message.request, value: { folder: '/', manifest } });
  });
  const progress = { report: async () => undefined };
  const services = {
    models: new DeviceModels({ registry, requests, progress, send: () => undefined }),
    recorder: { works: () => undefined, goesOn: () => undefined },
  } as unknown as Services;
  const context = new Context('n', task(), services);
  context.end();
  await expect(context.models.onnx({ key: 'late' })).rejects.toThrow(/is over/);
  const other: StoredModel = { hash: 'other', type: 'test', folder: '/' };
  await registry.hold().load(other);
  expect(registry.loaded).toEqual(['other']);
});

/** A context whose writes go to an agent that keeps what it gets, as it is when messages are sent. */
function withAssets() {
  const sent: { asset_name: string; text: string }[] = [];
  const waiting: (() => void)[] = [];
  const assets = new DeviceAssets(new Requests(() => undefined), (message) => {
    if (message.kind !== 'asset') return;
    const { asset_name, bytes } = message;
    waiting.push(() => sent.push({ asset_name, text: Buffer.from(bytes).toString() }));
  });
  const room = new UploadRoom();
  const services = { assets, room, recorder: { goesOn: () => undefined } } as unknown as Services;
  const flush = () => {
    for (const send of waiting.splice(0)) send();
  };
  return { assets, context: new Context('n', task(), services), sent, flush };
}

test('bytes are stored as they were when they were written, whatever their node does with its buffer', async () => {
  const { context, sent, flush } = withAssets();
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  const names: string[] = [];
  for (const text of ['one', 'two']) {
    shared.set(Buffer.from(text));
    names.push(await context.assets.write(shared, 'text/plain'));
  }
  flush();
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  expect(names).toEqual(['one', 'two'].map(sha256));
  expect(sent).toEqual(['one', 'two'].map((text) => ({ asset_name: sha256(text), text })));
  // Other sessions may read it too.
  (await context.assets.read(sha256('one'))).fill(0);
  expect(Buffer.from(await context.assets.read(sha256('one'))).toString()).toBe('one');
});

test('what is no bytes is refused, in words', async () => {
  const { context } = withAssets();
  for (const value of ['text', [1], new ArrayBuffer(1), undefined])
    await expect(async () => context.assets.write(value as unknown as Uint8Array, 'text/plain')).rejects.toThrow(
      'bytes of an asset are a Uint8Array',
    );
});

test('what a node logs is a text, whatever it is: a message that cannot be sent would take others with it', () => {
  const lines: unknown[] = [];
  const reporter = { log: (_: string, message: string) => lines.push(message) };
  const context = new Context('n', task(), { reporter } as unknown as Services);
  for (const message of ['text', 7, Symbol('s'), () => 1, null]) context.log(message as string);
  expect(lines).toEqual(['text', '7', 'Symbol(s)', '[Function (anonymous)]', 'null']);
});

test('what a hit stores again is at hand, for a preview and for those who read it, as if it had just been made', async () => {
  const { assets, context, sent, flush } = withAssets();
  const kept = { asset_name: 'a'.repeat(64), content_type: 'image/png', bytes: Buffer.from('image') };
  assets.again(task(), kept);
  flush();
  expect(sent).toEqual([{ asset_name: kept.asset_name, text: 'image' }]);
  expect(assets.written(kept.asset_name)).toEqual(kept);
  expect(Buffer.from(await context.assets.read(kept.asset_name)).toString()).toBe('image');
});
