import { expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Model } from '../../contract/store/model.ts';
import { ModelLoaderRegistry, type StoredModel } from '../models/model-loader-registry.ts';
import { Context, type Services } from './context.ts';
import { DeviceModels } from './models.ts';
import { Requests } from './requests.ts';
import { Task } from './task.ts';

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
  const task = new Task(1, { item_id: 1, fence: 1, token: 't', results: [] } as unknown as Grant);
  const context = new Context('n', task, services);
  context.end();
  await expect(context.models.onnx({ key: 'late' })).rejects.toThrow(/is over/);
  const other: StoredModel = { hash: 'other', type: 'test', folder: '/' };
  await registry.hold().load(other);
  expect(registry.loaded).toEqual(['other']);
});
