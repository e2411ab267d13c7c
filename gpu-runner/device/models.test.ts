import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../contract/store/model.ts';
import { ModelLoaderRegistry } from '../models/model-loader-registry.ts';
import { DeviceModels } from './models.ts';
import { Requests } from './requests.ts';

it('a model that cannot be loaded is named by its key, and the runner keeps its paths to itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const manifest = { hash: 'a'.repeat(64), type: 'diffusion' } as Model;
  const requests: Requests = new Requests((message) => {
    if (message.kind === 'request')
      requests.answer({ kind: 'answer', request: message.request, value: { folder, manifest } });
  });
  const models = new DeviceModels(new ModelLoaderRegistry(), requests, () => {});
  const access = models.for({ item_id: 1, fence: 1, token: 't' });
  const error = await access.diffusion({ key: 'half-installed' }).catch((thrown) => thrown);
  expect(error.message).toMatch(/^model 'half-installed': the model has no (tokenizer|scheduler)\/[a-z_.]+: /);
  expect(error.message).not.toContain(folder);
  await expect(access.onnx({ key: 'half-installed' })).rejects.toThrow(/^model 'half-installed': /);
});
