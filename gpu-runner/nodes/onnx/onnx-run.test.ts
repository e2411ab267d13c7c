import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATA_TYPES, node, OnnxFile } from '../../../test/support/onnx-file.ts';
import { toHalf } from '../../diffusion/half.ts';
import { tensorOf } from '../tensor/element-type.ts';
import type { Tensor } from '../tensor-value.ts';
import { type TestContext, testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { onnxInfoNode } from './onnx-info.ts';
import { onnxModelLoaderNode } from './onnx-model-loader.ts';
import { onnxRunNode } from './onnx-run.ts';

let folder: string;
let context: TestContext;

/** difference = a − b, negated = −a; a may have any number of rows, b has one. And one model of halves. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-onnx-run-'));
  const write = (name: string, type: number) => {
    const file = OnnxFile.empty();
    file.inputs = [
      { name: 'a', type, dims: ['rows', 2] },
      { name: 'b', type, dims: [1, 2] },
    ];
    file.outputs = ['difference', 'negated'].map((output) => ({ name: output, type, dims: ['rows', 2] }));
    file.nodes = [node('Sub', ['a', 'b'], ['difference']), node('Neg', ['a'], ['negated'])];
    mkdirSync(join(folder, name));
    file.write(join(folder, name, 'model.onnx'));
  };
  write('floats', DATA_TYPES.float);
  write('halves', DATA_TYPES.float16);
  write('longs', DATA_TYPES.int64);
  const noisy = OnnxFile.empty();
  noisy.inputs = [{ name: 'a', type: DATA_TYPES.float, dims: ['rows', 2] }];
  noisy.outputs = [{ name: 'noise', type: DATA_TYPES.float, dims: ['rows', 2] }];
  noisy.nodes = [node('RandomNormalLike', ['a'], ['noise'])];
  mkdirSync(join(folder, 'noisy'));
  noisy.write(join(folder, 'noisy', 'model.onnx'));
  const keys = ['floats', 'halves', 'longs', 'noisy'];
  context = testContext(Object.fromEntries(keys.map((key) => [key, join(folder, key)])));
});
afterAll(async () => {
  await context.registry.releaseAll();
  rmSync(folder, { recursive: true });
});

const floats = (shape: number[], values: number[], name?: string): Tensor => ({
  ...tensorOf('float32', shape, Float32Array.from(values)),
  ...(name !== undefined && { name }),
});
const a = floats([2, 2], [1, 2, 3, 4]);
const b = floats([1, 2], [10, 20]);

const onnxRun = (inputs: Record<string, unknown>) =>
  context.run<{ tensors: Tensor[]; tensor: Tensor }>(
    onnxRunNode,
    withDefaults(onnxRunNode, { model: { key: 'floats' }, ...inputs }),
  );

it('runs on tensors in the order of the model, and names what comes out', async () => {
  const { tensors, tensor } = await onnxRun({ inputs: [a, b] });
  expect(tensors).toEqual([
    floats([2, 2], [-9, -18, -7, -16], 'difference'),
    floats([2, 2], [-1, -2, -3, -4], 'negated'),
  ]);
  expect(tensor).toBe(tensors[0]);
});

it('a name goes before the order', async () => {
  const named = { ...a, name: 'a' };
  expect((await onnxRun({ inputs: [b, named] })).tensor.data[0]).toBe(-9);
  expect((await onnxRun({ inputs: [{ ...b, name: 'b' }, named] })).tensor.data[0]).toBe(-9);
});

it('computes the outputs that are wanted, in that order', async () => {
  const { tensors } = await onnxRun({ inputs: [a, b], outputs: ['negated', 'difference', 'negated'] });
  expect(tensors.map(({ name }) => name)).toEqual(['negated', 'difference']);
  await expect(onnxRun({ inputs: [a, b], outputs: ['sum'] })).rejects.toThrow(
    "the model has no output 'sum'; it has difference: float32[rows, 2], negated: float32[rows, 2]",
  );
});

it('says what goes in when names or numbers of tensors are wrong', async () => {
  const takes = 'a: float32[rows, 2], b: float32[1, 2]';
  await expect(onnxRun({ inputs: [{ ...a, name: 'x' }, b] })).rejects.toThrow(`no input 'x'; it takes ${takes}`);
  await expect(onnxRun({ inputs: a })).rejects.toThrow(
    `no tensor is for input 'b: float32[1, 2]'; the model takes ${takes}`,
  );
  await expect(onnxRun({ inputs: [a, b, b] })).rejects.toThrow(`3 tensors are too many: the model takes ${takes}`);
  const twice = { ...a, name: 'a' };
  await expect(onnxRun({ inputs: [twice, twice] })).rejects.toThrow("two tensors are for input 'a'");
});

it('says what is wanted when a type, the number of axes or a size is wrong', async () => {
  const half = tensorOf('float16', [1, 2], toHalf(Float32Array.of(10, 20)));
  await expect(onnxRun({ inputs: [a, half] })).rejects.toThrow(
    /'b: float32\[1, 2\]' got float16\[1, 2\]; .*tensor_cast/,
  );
  await expect(onnxRun({ inputs: [a, floats([2], [1, 2])] })).rejects.toThrow("'b: float32[1, 2]' got float32[2]");
  await expect(onnxRun({ inputs: [a, a] })).rejects.toThrow("'b: float32[1, 2]' got float32[2, 2]");
});

it('converts types when it is asked to', async () => {
  const halves = await onnxRun({ model: { key: 'halves' }, inputs: [a, b], cast_inputs: true });
  expect(halves.tensor).toMatchObject({ type: 'float16', data: toHalf(Float32Array.of(-9, -18, -7, -16)) });
  const longs = await onnxRun({ model: { key: 'longs' }, inputs: [a, b], cast_inputs: true });
  expect(longs.tensor.data).toEqual(BigInt64Array.of(-9n, -18n, -7n, -16n));
});

it('says so when the model draws random numbers, which nothing that is deterministic does', async () => {
  const logged: string[] = [];
  const { log } = context;
  context.log = (message) => logged.push(message);
  await onnxRun({ inputs: [a, b] });
  expect(logged).toEqual([]);
  const [first, second] = [
    await onnxRun({ model: { key: 'noisy' }, inputs: a }),
    await onnxRun({ model: { key: 'noisy' }, inputs: a }),
  ];
  context.log = log;
  expect(first.tensor.data).not.toEqual(second.tensor.data);
  expect(logged).toHaveLength(2);
  expect(logged[0]).toContain('draws random numbers');
});

it('asks for cancellation before it runs, since nothing stops it afterwards', async () => {
  context.canceled = true;
  await expect(onnxRun({ inputs: [a, b] })).rejects.toThrow('canceled');
  context.canceled = false;
});

it('the loader names the model, and info says what it is like', async () => {
  const hash = 'a'.repeat(64);
  expect(await context.run(onnxModelLoaderNode, { model: { key: 'm', hash, name: 'ignored' } })).toEqual({
    model: { key: 'm', hash },
  });
  expect(await context.run(onnxInfoNode, { model: { key: 'floats' } })).toEqual({
    input_names: ['a', 'b'],
    inputs: ['a: float32[rows, 2]', 'b: float32[1, 2]'],
    output_names: ['difference', 'negated'],
    outputs: ['difference: float32[rows, 2]', 'negated: float32[rows, 2]'],
  });
});
