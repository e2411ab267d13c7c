import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunnerReport } from '../../contract/runner/socket.ts';
import type { Model } from '../../contract/store/model.ts';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { ModelLoaderRegistry, type StoredModel } from '../models/model-loader-registry.ts';
import type { ProgressUpdate } from '../nodes/node.ts';
import type { DeviceRequest } from './messages.ts';
import { Meter } from './meter.ts';
import { DeviceModels } from './models.ts';
import { Requests } from './requests.ts';

const HASH = 'a'.repeat(64);

/** A device whose agent has one model; what is asked of it and what is told is kept. */
function device({ registry = new ModelLoaderRegistry(), folder = '/none', type = 'diffusion', mend = () => {} }) {
  const asked: string[] = [];
  const reports: RunnerReport[] = [];
  const updates: ProgressUpdate[] = [];
  const value = (wanted: DeviceRequest) => {
    if (wanted.what !== 'mend_model') return { folder, manifest: { hash: HASH, type } as Model };
    mend();
    return true;
  };
  const requests: Requests = new Requests((message) => {
    if (message.kind !== 'request') return;
    const { request, wanted } = message;
    asked.push(wanted.what);
    for (const done of [1, 4]) requests.progress({ kind: 'part', request, done, total: 4 });
    requests.answer({ kind: 'answer', request, value: value(wanted) });
  });
  const progress = {
    report: async (_: unknown, id: string, update: ProgressUpdate) => void (id && updates.push(update)),
  };
  const models = new DeviceModels({ registry, requests, progress, send: (report) => reports.push(report) });
  let now = 0;
  const meter = new Meter(() => (now += 500));
  const invocation = () => models.for({ lease: { item_id: 1, fence: 1, token: 't' }, meter }, 'n1');
  return { invocation, asked, reports, updates, meter };
}

const scratch = () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

it('a model that cannot be loaded is named by its key, and the runner keeps its paths to itself', async () => {
  const folder = scratch();
  const access = device({ folder }).invocation();
  const error = await access.diffusion({ key: 'half-installed' }).catch((thrown) => thrown);
  expect(error.message).toMatch(/^model 'half-installed': the model has no (tokenizer|scheduler)\/[a-z_.]+: /);
  expect([error.name, error.message.includes(folder)]).toEqual(['ModelError', false]);
  await expect(access.onnx({ key: 'half-installed' })).rejects.toThrow(/^model 'half-installed': /);
});

it('a file that does not load is mended, and loaded again', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'model.onnx'), 'damaged');
  const blazeface = new URL('../../models/blazeface/model.onnx', import.meta.url);
  const { invocation, asked } = device({
    ...{ folder, type: 'onnx' },
    mend: () => cpSync(blazeface, join(folder, 'model.onnx')),
  });
  const model = await invocation().onnx({ key: 'face', hash: HASH });
  expect([model.inputMetadata.length, asked]).toEqual([1, ['model', 'mend_model']]);
});

it('a network of a diffusion model that is damaged or missing is mended when it is first used', async () => {
  const folder = scratch();
  cpSync(TINY_DIFFUSION, folder, { recursive: true });
  const encoder = join(folder, 'text_encoder', 'model.onnx');
  rmSync(encoder);
  const { invocation, asked } = device({
    folder,
    mend: () => cpSync(join(TINY_DIFFUSION, 'text_encoder', 'model.onnx'), encoder),
  });
  const model = await invocation().diffusion({ key: 'tiny', hash: HASH });
  expect((await model.encodePrompt('a red star')).shape[0]).toBe(1);
  expect(asked).toEqual(['model', 'mend_model']);
  await model.release();
});

describe('what an invocation waits for', () => {
  const loaders = new Map([['onnx', { estimate: () => 1, load: async () => ({ release: async () => {} }) }]]);

  it('is told to the owner of the item, measured, and kept until the invocation ends', async () => {
    const registry = new ModelLoaderRegistry({ loaders, budget: 1 });
    const { invocation, asked, reports, updates, meter } = device({ registry, type: 'onnx' });
    const [first, second] = [invocation(), invocation()];
    // The loader's model is none of onnxruntime's, which is said only once it is there.
    await expect(first.onnx({ key: 'm', hash: HASH, submodel_type: 'vae' })).rejects.toThrow(/not a single ONNX model/);
    expect(reports.map(({ report }) => report)).toEqual(['model_load_started']);
    expect(reports[0]).toMatchObject({ model: { key: 'm', hash: HASH, type: 'onnx' }, submodel_type: 'vae' });
    expect(updates).toEqual([
      { message: 'downloading m', percentage: 0.25 },
      { message: 'downloading m', percentage: 1 },
      { message: 'loading m' },
    ]);
    expect(meter.model_load_seconds).toBe(0.5);
    const other: StoredModel = { hash: 'b'.repeat(64), type: 'onnx', folder: '/other' };
    let loaded = false;
    const waiting = registry
      .hold()
      .load(other)
      .then(() => {
        loaded = true;
      });
    await second.onnx({ key: 'm', hash: HASH }).catch(() => undefined);
    first.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect([loaded, asked]).toEqual([false, ['model']]);
    second.end();
    await waiting;
    expect(registry.loaded).toEqual([other.hash]);
  });
});
