import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATA_TYPES, floatTensor, node, OnnxFile } from '../../test/support/onnx-file.ts';
import { OnnxModel } from './onnx-model.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-onnx-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** y = x · weight + x, z = −x; weights of 256 floats, so that they may lie outside. */
function write(name: string, options: { externalData?: string } = {}): string {
  const file = OnnxFile.empty();
  file.inputs = [{ name: 'x', type: DATA_TYPES.float, dims: ['n', 256] }];
  file.outputs = ['y', 'z'].map((output) => ({ name: output, type: DATA_TYPES.float, dims: ['n', 256] }));
  file.initializers = [
    floatTensor(
      'weight',
      [256],
      new Float32Array(256).map((_, i) => i),
    ),
  ];
  file.nodes = [
    node('Mul', ['x', 'weight'], ['scaled']),
    node('Add', ['scaled', 'x'], ['y']),
    node('Neg', ['x'], ['z']),
  ];
  file.write(join(folder, name), options);
  return join(folder, name);
}

const x = { type: 'float32', dims: [1, 256], data: new Float32Array(256).fill(2) };

describe('an ONNX model', () => {
  it('says what goes in and out', async () => {
    const model = await OnnxModel.load(write('plain.onnx'));
    expect(model.inputMetadata).toEqual([{ name: 'x', type: 'float32', shape: ['n', 256] }]);
    expect(model.outputMetadata.map(({ name }) => name)).toEqual(['y', 'z']);
    await model.release();
  });

  it('runs by names, and computes only the outputs asked for', async () => {
    const model = await OnnxModel.load(write('plain.onnx'));
    const { y, z } = await model.run({ x });
    expect([y?.data[3], z?.data[3], y?.dims]).toEqual([8, -2, [1, 256]]);
    expect(Object.keys(await model.run({ x }, ['z']))).toEqual(['z']);
    await expect(model.run({})).rejects.toThrow(/x/);
    await model.release();
  });

  it('finds its external data beside it, under its own name', async () => {
    const model = await OnnxModel.load(write('outside.onnx', { externalData: 'outside.onnx_data' }));
    expect((await model.run({ x })).y?.data[255]).toBe(512);
    await model.release();
  });

  it('is the only .onnx file of a folder, or model.onnx', async () => {
    await expect(OnnxModel.loadFolder(folder)).rejects.toThrow(/this one has 2/);
    write('model.onnx');
    await (await OnnxModel.loadFolder(folder)).release();
  });

  it('comes with what its config.json says', async () => {
    const at = join(folder, 'configured');
    mkdirSync(at);
    write('configured/model.onnx');
    const plain = await OnnxModel.loadFolder(at);
    expect(plain.config).toEqual({});
    writeFileSync(join(at, 'config.json'), '{"scale": 2}');
    const configured = await OnnxModel.loadFolder(at);
    expect(configured.config).toEqual({ scale: 2 });
    for (const broken of ['[2]', '{']) {
      writeFileSync(join(at, 'config.json'), broken);
      await expect(OnnxModel.loadFolder(at)).rejects.toThrow(/config\.json cannot be read/);
    }
    await Promise.all([plain.release(), configured.release()]);
  });

  it('says which file it could not read', async () => {
    await expect(OnnxModel.load(join(folder, 'missing.onnx'))).rejects.toThrow(/missing\.onnx/);
  });
});
