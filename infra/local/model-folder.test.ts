import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelFiles } from './model-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-model-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};

test('a diffusion model is its index and the folders that the index names', async () => {
  const index = JSON.stringify({ _class_name: 'X', unet: ['d', 'M'], safety_checker: [null, null] });
  write('model_index.json', index);
  write('unet/model.onnx', 'graph');
  write('unet/model.onnx_data', 'weights');
  write('golden/sample.png', 'no');
  write('unet/.DS_Store', 'no');
  write('train.py', 'no');
  const files = await modelFiles('diffusion', folder);
  expect(files.map(({ path, size }) => [path, size])).toEqual([
    ['model_index.json', index.length],
    ['unet/model.onnx', 5],
    ['unet/model.onnx_data', 7],
  ]);
  expect(files[1]?.sha256).toBe(createHash('sha256').update('graph').digest('hex'));
  expect(await (await files[2]!.read(1, 4)).text()).toBe('eig');
});

test('a single ONNX model is its file, the weights named after it, and its config', async () => {
  for (const file of [
    'model.onnx',
    'model.onnx_data',
    'config.json',
    'README.md',
    'LICENSE',
    'convert.ts',
    'golden/a.onnx',
  ])
    write(file, file);
  const files = await modelFiles('onnx', folder);
  expect(files.map(({ path }) => path)).toEqual(['config.json', 'model.onnx', 'model.onnx_data']);
});
