/** Large tensors: no node takes memory before it asked whether that may be, or works on for long without a checkpoint. */
import { spawnSync } from 'node:child_process';
import { beforeEach, expect, it } from 'vitest';
import type { Tensor } from '../tensor-value.ts';
import { type TestContext, testContext } from '../testing/context.ts';
import { checkSize, ELEMENT_TYPES, type ElementTypeName, elementCount } from './element-type.ts';
import { tensorArgmaxNode } from './tensor-argmax.ts';
import { tensorCastNode } from './tensor-cast.ts';
import { tensorInfoNode } from './tensor-info.ts';
import { tensorMathNode } from './tensor-math.ts';
import { tensorReduceNode } from './tensor-reduce.ts';
import { tensorSoftmaxNode } from './tensor-softmax.ts';

let context: TestContext;
beforeEach(() => {
  context = testContext();
});

const zeros = (type: ElementTypeName, ...shape: number[]): Tensor => ({
  type,
  shape,
  data: ELEMENT_TYPES[type].make(elementCount(shape)),
});
const reduce = (tensor: Tensor, operation: string, axes: number[]) =>
  context.run<{ tensor: Tensor }>(tensorReduceNode, { tensor, operation, axes, keep_dims: false });

it('a shape without elements is bounded by its other axes, which are gone through', () => {
  expect(() => checkSize('float32', [1000, 0])).not.toThrow();
  expect(() => checkSize('float32', [2 ** 53 - 1, 0])).toThrow(/the most is/);
  expect(() => checkSize('float32', [0, ...new Array(15).fill(2 ** 53 - 1)])).toThrow(/the most is/);
});

it('halves count as the float32 that they are computed in', () => {
  expect(() => checkSize('float16', [2 ** 26])).not.toThrow();
  expect(() => checkSize('float16', [2 ** 26 + 1])).toThrow(/float16\[67108865\] needs 268435460 bytes/);
});

it('a result of a larger element type is refused before any work', async () => {
  const bytes = zeros('uint8', 1, 2 ** 26);
  const argmax = context.run(tensorArgmaxNode, { tensor: bytes, axis: 0, keep_dims: false });
  await expect(argmax).rejects.toThrow(/int64\[67108864\] needs 536870912 bytes/);
  await expect(reduce(bytes, 'sum', [0])).rejects.toThrow(/uint64\[1,67108864\] needs 536870912 bytes/);
  expect(context.checkpoints).toBe(0);
});

it.each<[string, () => Promise<unknown>]>([
  ['argmax', () => context.run(tensorArgmaxNode, { tensor: zeros('uint8', 4096, 4096), axis: 0, keep_dims: false })],
  ['softmax', () => context.run(tensorSoftmaxNode, { tensor: zeros('float32', 4096, 4096), axis: 0 })],
  ['sum', () => reduce(zeros('uint8', 2 ** 24), 'sum', [])],
  ['max', () => reduce(zeros('float32', 2 ** 24), 'max', [])],
  ['math', () => context.run(tensorMathNode, { a: zeros('uint8', 2 ** 24), operation: 'add', b: null, value: 1 })],
  ['cast', () => context.run(tensorCastNode, { tensor: zeros('uint8', 2 ** 24), dtype: 'bool' })],
  ['info', () => context.run(tensorInfoNode, { tensor: zeros('uint8', 2 ** 24) })],
])('%s of 16 million elements pauses every two million', async (_, work) => {
  await work();
  expect(context.checkpoints).toBeGreaterThanOrEqual(8);
});

it('halves and 64-bit integers become numbers, and halves again, beside the heap', () => {
  const script = `
    const { numbersOf, stored } = await import(${JSON.stringify(new URL('./element-type.ts', import.meta.url).href)});
    const count = 2 ** 22;
    const halves = { type: 'float16', shape: [count], data: new Uint16Array(count).fill(0x3c00) };
    const longs = { type: 'int64', shape: [count], data: new BigInt64Array(count).fill(-7n) };
    console.log(numbersOf(halves).at(-1), stored('float16', numbersOf(halves)).at(-1), numbersOf(longs).at(-1));
  `;
  const heap = '--max-old-space-size=48';
  const child = spawnSync(process.execPath, [heap, '--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(child.stdout).toBe('1 15360 -7\n');
});

it('integers are summed exactly, along the run and across it', async () => {
  const most = zeros('uint32', 3, 2 ** 21 + 1);
  most.data.fill((2 ** 32 - 1) as never);
  const along = await reduce(most, 'sum', [1]);
  expect(along.tensor.data).toEqual(new BigUint64Array(3).fill(BigInt(2 ** 21 + 1) * (2n ** 32n - 1n)));
  const across = await reduce(most, 'sum', [0]);
  expect(across.tensor.data.slice(-2)).toEqual(BigUint64Array.of(3n * (2n ** 32n - 1n), 3n * (2n ** 32n - 1n)));
  const signed: Tensor = { type: 'int8', shape: [2, 2], data: Int8Array.of(-128, 127, -1, -2) };
  expect((await reduce(signed, 'sum', [])).tensor.data).toEqual(BigInt64Array.of(-4n));
  expect((await reduce(signed, 'min', [0])).tensor.data).toEqual(Int8Array.of(-128, -2));
  expect((await reduce(signed, 'max', [1])).tensor.data).toEqual(Int8Array.of(127, -1));
});

it('a number that the element type does not hold is refused, not wrapped around', async () => {
  const math = (a: Tensor, operation: string, value: number) =>
    context.run<{ tensor: Tensor }>(tensorMathNode, { a, operation, b: null, value });
  await expect(math(zeros('uint8', 1), 'min', 300)).rejects.toThrow('300 is beyond uint8 (0 to 255)');
  await expect(math(zeros('uint32', 1), 'add', -1)).rejects.toThrow(/-1 is beyond uint32/);
  await expect(math(zeros('int64', 1), 'add', 2 ** 63)).rejects.toThrow(/beyond int64/);
  expect((await math(zeros('int64', 1), 'add', -(2 ** 63))).tensor.data).toEqual(BigInt64Array.of(-(2n ** 63n)));
});
