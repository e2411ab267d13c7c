import { describe, expect, it } from 'vitest';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { DiffusionModel } from './diffusion-model.ts';
import { type LoadedModel, ModelLoaderRegistry } from './model-loader-registry.ts';

const stored = { hash: 'h1', type: 'test', folder: '/models/one' };

function counting(results: (() => Promise<LoadedModel>)[]) {
  const folders: string[] = [];
  const loader = (folder: string) => {
    folders.push(folder);
    return (results[folders.length - 1] ?? (() => Promise.resolve({ release: async () => {} })))();
  };
  return { folders, registry: new ModelLoaderRegistry({}, new Map([['test', loader]])) };
}

describe('the model loader registry', () => {
  it('loads a model once, also for callers that ask while it loads', async () => {
    const { folders, registry } = counting([]);
    const [a, b] = await Promise.all([registry.load(stored), registry.load(stored)]);
    expect(a).toBe(b);
    expect(await registry.load(stored)).toBe(a);
    expect(folders).toEqual(['/models/one']);
    expect(registry.loaded).toEqual(['h1']);
  });

  it('tells models apart by hash', async () => {
    const { folders, registry } = counting([]);
    await Promise.all([registry.load(stored), registry.load({ ...stored, hash: 'h2', folder: '/models/two' })]);
    expect(folders).toEqual(['/models/one', '/models/two']);
  });

  it('tries again after a load that failed', async () => {
    const { registry } = counting([() => Promise.reject(new Error('broken file'))]);
    await expect(registry.load(stored)).rejects.toThrow('broken file');
    expect(registry.loaded).toEqual([]);
    await registry.load(stored);
  });

  it('releases what it loaded, also while it loads', async () => {
    let released = 0;
    const model = {
      release: async () => {
        released++;
      },
    };
    const { folders, registry } = counting([async () => model, async () => model]);
    await registry.load(stored);
    await registry.release('h1');
    void registry.load(stored);
    await registry.releaseAll();
    await registry.release('never loaded');
    expect([released, folders.length, registry.loaded]).toEqual([2, 2, []]);
  });

  it('hands a model out only as what it is', async () => {
    const registry = new ModelLoaderRegistry();
    const diffusion = { hash: 'd', type: 'diffusion', folder: TINY_DIFFUSION };
    expect(await registry.diffusion(diffusion)).toBeInstanceOf(DiffusionModel);
    await expect(registry.onnx(diffusion)).rejects.toThrow(/'diffusion' is not a single ONNX model/);
    await expect(registry.load({ ...diffusion, hash: 'x', type: 'lora' })).rejects.toThrow(/no loader .* 'lora'/);
    await registry.releaseAll();
  });
});
