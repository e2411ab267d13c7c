import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashed, localModel } from './local-model.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-models-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Files of a folder of that name; returns where it is. */
function made(name: string, ...files: string[]): string {
  for (const file of files) {
    const place = path.join(folder, name, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, file === 'model_index.json' ? '{"unet": ["d", "M"]}' : file);
  }
  return path.join(folder, name);
}

test('what a folder is follows from what is in it', async () => {
  const diffusion = made('my model', 'model_index.json', 'unet/model.onnx', 'unet/.DS_Store', 'README.md');
  expect(await localModel(diffusion, {})).toMatchObject({
    ...{ key: 'my-model', type: 'diffusion', folder: diffusion },
    paths: ['model_index.json', 'unet/model.onnx'],
  });
  const onnx = made('faces', 'blaze.onnx', 'blaze.onnx_data', 'config.json', '.hidden.onnx', 'train.py');
  expect(await localModel(onnx, {})).toMatchObject({
    ...{ key: 'faces', type: 'onnx', size: 'blaze.onnx'.length + 'blaze.onnx_data'.length + 'config.json'.length },
    paths: ['blaze.onnx', 'blaze.onnx_data', 'config.json'],
  });
});

test('a single file is itself with its weights, named by its name or its folder', async () => {
  const many = made('many', 'model.onnx', 'big.v2.onnx', 'big.v2.onnx_data', 'config.json');
  expect(await localModel(path.join(many, 'big.v2.onnx'), {})).toMatchObject({
    ...{ key: 'big.v2', type: 'onnx', paths: ['big.v2.onnx', 'big.v2.onnx_data'] },
  });
  expect(await localModel(path.join(many, 'model.onnx'), {})).toMatchObject({ key: 'many', paths: ['model.onnx'] });
  expect(await localModel(path.join(many, 'model.onnx'), { key: 'mine' })).toMatchObject({ key: 'mine' });
});

test('a file that stands alone may be called anything, one of several may not', async () => {
  const alone = await localModel(path.join(made('any', 'Größe (1).onnx'), 'Größe (1).onnx'), {});
  expect(alone).toMatchObject({ key: 'Gr-e-1-', names: ['Gr-e-1-.onnx'] });
  const [file] = await hashed(alone, { signal: new AbortController().signal, onRead: () => {} });
  expect(file).toMatchObject({ path: 'Gr-e-1-.onnx', size: Buffer.byteLength('Größe (1).onnx') });
  await expect(localModel(made('b', 'model.onnx', 'model.onnx data (1)', 'config.json'), {})).rejects.toThrow(
    '"model.onnx data (1)" cannot be a file of a model',
  );
});

test('what leaves a doubt is asked for', async () => {
  await expect(localModel(made('two', 'a.onnx', 'b.onnx'), {})).rejects.toThrow('name one of them: a.onnx, b.onnx');
  await expect(localModel(made('none', 'weights.bin'), {})).rejects.toThrow('--type says it');
  await expect(localModel(made('none', 'weights.bin'), { type: 'onnx' })).rejects.toThrow('holds no .onnx file');
  await expect(localModel(made('none', 'weights.bin'), { type: 'diffusion' })).rejects.toThrow(
    'cannot be read as diff',
  );
  await expect(localModel(path.join(made('none', 'weights.bin'), 'weights.bin'), {})).rejects.toThrow('is one file');
  await expect(localModel(path.join(folder, 'nothing'), {})).rejects.toThrow('nothing cannot be read');
});

test('hashing tells of every byte, and ends when it is told to', async () => {
  const model = await localModel(made('one', 'model.onnx', 'config.json'), {});
  let read = 0;
  const stop = new AbortController();
  const onRead = (bytes: number) => {
    read += bytes;
  };
  const files = await hashed(model, { signal: stop.signal, onRead });
  expect(files.map(({ path }) => path)).toEqual(['config.json', 'model.onnx']);
  expect(read).toBe(model.size);
  stop.abort(new Error('enough'));
  await expect(hashed(model, { signal: stop.signal, onRead })).rejects.toThrow('enough');
});
