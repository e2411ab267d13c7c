import { expect, it } from 'vitest';
import { toHalf } from '../../diffusion/half.ts';
import type { Tensor } from '../tensor-value.ts';
import { testContext } from '../testing/context.ts';
import { checkSize, TENSOR_BYTES_MAX, tensorOf } from './element-type.ts';
import { tensorArgmaxNode } from './tensor-argmax.ts';
import { tensorCastNode } from './tensor-cast.ts';
import { tensorConcatenateNode } from './tensor-concatenate.ts';
import { tensorFromListNode } from './tensor-from-list.ts';
import { tensorInfoNode } from './tensor-info.ts';
import { tensorMathNode } from './tensor-math.ts';
import { tensorNameNode } from './tensor-name.ts';
import { tensorPickNode } from './tensor-pick.ts';
import { tensorReduceNode } from './tensor-reduce.ts';
import { tensorReshapeNode } from './tensor-reshape.ts';
import { tensorSliceNode } from './tensor-slice.ts';
import { tensorToListNode } from './tensor-to-list.ts';
import { tensorTopkNode } from './tensor-topk.ts';
import { tensorTransposeNode } from './tensor-transpose.ts';
import { tensorUnaryNode } from './tensor-unary.ts';

const context = testContext();
const { run } = context;
const floats = (...values: number[]) => tensorOf('float32', [values.length], Float32Array.from(values));
const longs = (...values: bigint[]) => tensorOf('int64', [values.length], BigInt64Array.from(values));
const bools = (...values: number[]) => tensorOf('bool', [values.length], Uint8Array.from(values));
const empty = (...shape: number[]): Tensor => ({ type: 'float32', shape, data: new Float32Array() });

it('lists become tensors of every type, and come back', async () => {
  for (const dtype of [
    'float32',
    'float64',
    'float16',
    'int8',
    'int16',
    'uint16',
    'int32',
    'uint32',
    'int64',
    'uint64',
  ]) {
    const { tensor } = await run<{ tensor: Tensor }>(tensorFromListNode, {
      values: [0, 1, 2, 100],
      shape: [2, 2],
      dtype,
    });
    expect(tensor).toMatchObject({ type: dtype, shape: [2, 2] });
    expect(await run(tensorToListNode, { tensor })).toEqual({ collection: [0, 1, 2, 100] });
  }
  const flags = await run<{ tensor: Tensor }>(tensorFromListNode, { values: [0, -3], shape: [], dtype: 'bool' });
  expect(flags.tensor.data).toEqual(Uint8Array.of(0, 1));
});

it('a list refuses what it cannot hold, and a tensor what its type cannot', async () => {
  await expect(run(tensorFromListNode, { values: [0.5], shape: [], dtype: 'int64' })).rejects.toThrow(
    '0.5 is no int64',
  );
  await expect(run(tensorFromListNode, { values: [1], shape: [2], dtype: 'int8' })).rejects.toThrow(/do not fill/);
  await expect(run(tensorToListNode, { tensor: floats(1, Number.NaN) })).rejects.toThrow('element 1 is NaN');
  await expect(run(tensorToListNode, { tensor: longs(2n ** 53n) })).rejects.toThrow(/9007199254740992, beyond/);
  const many = (count: number) => tensorOf('uint8', [count], new Uint8Array(count));
  expect(await run(tensorToListNode, { tensor: many(100_000) })).toEqual({ collection: new Array(100_000).fill(0) });
  await expect(run(tensorToListNode, { tensor: many(100_001) })).rejects.toThrow(/at most 100000/);
});

it('a cast cuts fractions off and keeps within the range', async () => {
  const cast = async (tensor: Tensor, dtype: string) =>
    (await run<{ tensor: Tensor }>(tensorCastNode, { tensor, dtype })).tensor.data;
  const source = floats(-1.7, 1.7, 300, -300, Number.NaN, Number.POSITIVE_INFINITY, 1e30);
  expect(await cast(source, 'uint8')).toEqual(Uint8Array.of(0, 1, 255, 0, 0, 255, 255));
  expect(await cast(source, 'int8')).toEqual(Int8Array.of(-1, 1, 127, -128, 0, 127, 127));
  const most = 2n ** 63n - 1n;
  expect(await cast(source, 'int64')).toEqual(BigInt64Array.of(-1n, 1n, 300n, -300n, 0n, most, most));
  expect(await cast(source, 'bool')).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1, 1));
  expect(await cast(longs(-1n, most), 'uint64')).toEqual(BigUint64Array.of(0n, most));
  expect(await cast(longs(2n ** 53n + 1n), 'float64')).toEqual(Float64Array.of(2 ** 53));
  expect(await cast(floats(0.1, 70000), 'float16')).toEqual(toHalf(Float32Array.of(0.1, 70000)));
});

it('arithmetic with a number, and with integers that overflow', async () => {
  const math = async (inputs: object) =>
    (await run<{ tensor: Tensor }>(tensorMathNode, { b: null, value: 1, ...inputs })).tensor;
  expect((await math({ a: floats(1, 2), operation: 'div', value: 4 })).data).toEqual(Float32Array.of(0.25, 0.5));
  expect((await math({ a: longs(2n ** 62n), operation: 'mul', value: 2 })).data).toEqual(
    BigInt64Array.of(-(2n ** 63n)),
  );
  expect((await math({ a: longs(3n), operation: 'pow', value: 39 })).data[0]).toBe(3n ** 39n);
  expect((await math({ a: longs(3n), operation: 'pow', value: 2 ** 50 })).data[0]).toBe(
    BigInt.asIntN(64, powMod(3n, 2n ** 50n)),
  );
  await expect(math({ a: longs(1n), operation: 'add', value: 0.5 })).rejects.toThrow('0.5 is no int64');
  await expect(math({ a: longs(1n), operation: 'div', value: 0 })).rejects.toThrow(/divided by 0/);
  await expect(math({ a: longs(2n), operation: 'pow', value: -1 })).rejects.toThrow(/no negative power/);
  await expect(math({ a: bools(1), operation: 'add' })).rejects.toThrow(/not for bool/);
  await expect(math({ a: floats(1), b: longs(1n), operation: 'add' })).rejects.toThrow('A is float32 and B is int64');
  await expect(math({ a: floats(1, 2), b: floats(1, 2, 3), operation: 'add' })).rejects.toThrow(
    'shapes [2] and [3] do not fit: axis -1 has 2 and 3, and neither is 1',
  );
});

function powMod(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest /= 2n) {
    if (rest % 2n === 1n) result = (result * square) % 2n ** 64n;
    square = (square * square) % 2n ** 64n;
  }
  return result;
}

it('wrong axes and shapes are named', async () => {
  const tensor = tensorOf('float32', [2, 3], new Float32Array(6));
  await expect(run(tensorReshapeNode, { tensor, shape: [4, -1] })).rejects.toThrow(
    '6 elements do not fill a tensor of shape [4,-1]',
  );
  await expect(run(tensorReshapeNode, { tensor, shape: [-1, -1] })).rejects.toThrow(/more than once/);
  await expect(run(tensorReshapeNode, { tensor: empty(0), shape: [0, -1] })).rejects.toThrow(/do not fill/);
  await expect(run(tensorSliceNode, { tensor, axis: 2, start: 0, stop: 1, step: 1 })).rejects.toThrow(
    'no axis 2 in a tensor of 2 axes',
  );
  await expect(run(tensorSliceNode, { tensor, axis: 0, start: 0, stop: 1, step: 0 })).rejects.toThrow(/step of 0/);
  await expect(run(tensorTransposeNode, { tensor, axes: [0, 0] })).rejects.toThrow(/each of the 2 axes once/);
  await expect(run(tensorConcatenateNode, { tensors: [], axis: 0 })).rejects.toThrow(/nothing to concatenate/);
  await expect(run(tensorConcatenateNode, { tensors: [tensor, floats(1)], axis: 0 })).rejects.toThrow(
    'tensor 1 is float32[1], which does not continue float32[2,3] along axis 0',
  );
  await expect(run(tensorUnaryNode, { tensor: longs(1n), operation: 'exp' })).rejects.toThrow(
    /exp is for float32.*tensor_cast/,
  );
  await expect(
    run(tensorReduceNode, { tensor: longs(1n), operation: 'mean', axes: [], keep_dims: false }),
  ).rejects.toThrow(/mean is for float32/);
  await expect(
    run(tensorReduceNode, { tensor: empty(0), operation: 'max', axes: [], keep_dims: false }),
  ).rejects.toThrow(/no max of no elements/);
  await expect(run(tensorArgmaxNode, { tensor: empty(2, 0), axis: 1, keep_dims: false })).rejects.toThrow(
    /no greatest/,
  );
});

it('a tensor is bounded in bytes and axes before its memory is taken', async () => {
  expect(() => checkSize('uint8', [TENSOR_BYTES_MAX])).not.toThrow();
  expect(() => checkSize('uint8', [TENSOR_BYTES_MAX + 1])).toThrow(/the most is 268435456/);
  expect(() => checkSize('float32', new Array(17).fill(1))).toThrow(/at most 16 axes/);
  expect(() => checkSize('string', [1])).toThrow(/tensors of string are not supported/);
  const column = tensorOf('float32', [2 ** 15, 1], new Float32Array(2 ** 15));
  const row = tensorOf('float32', [1, 2 ** 15], new Float32Array(2 ** 15));
  await expect(run(tensorMathNode, { a: column, b: row, value: 0, operation: 'add' })).rejects.toThrow(
    /float32\[32768,32768\]/,
  );
});

it('argmax gives a tensor, and a list unless it is long', async () => {
  const tensor = tensorOf('int64', [2, 2], BigInt64Array.of(2n ** 60n, 2n ** 60n + 1n, 5n, 5n));
  const { tensor: places, indices } = await run<{ tensor: Tensor; indices: number[] }>(tensorArgmaxNode, {
    tensor,
    axis: 1,
    keep_dims: true,
  });
  expect([places.shape, places.type, indices]).toEqual([[2, 1], 'int64', [1, 0]]);
  const long = tensorOf('uint8', [5000, 2], new Uint8Array(10000));
  expect(await run(tensorArgmaxNode, { tensor: long, axis: 1, keep_dims: false })).toMatchObject({ indices: null });
});

it('the top k are sorted, the first of equals first, and labelled', async () => {
  const tensor = tensorOf('float32', [1, 5], Float32Array.of(0.5, 2, -1, 2, 1));
  expect(await run(tensorTopkNode, { tensor, k: 3, labels: ['a', 'b', 'c', 'd', 'e'] })).toEqual({
    labels: ['b', 'd', 'e'],
    scores: [2, 2, 1],
    indices: [1, 3, 4],
  });
  expect(await run(tensorTopkNode, { tensor, k: 9, labels: [] })).toEqual({
    labels: ['1', '3', '4', '0', '2'],
    scores: [2, 2, 1, 0.5, -1],
    indices: [1, 3, 4, 0, 2],
  });
  await expect(run(tensorTopkNode, { tensor, k: 1, labels: ['a'] })).rejects.toThrow('1 labels for 5 scores');
  await expect(run(tensorTopkNode, { tensor: floats(1, Number.NaN), k: 1, labels: [] })).rejects.toThrow(
    /not all finite/,
  );
  const square = tensorOf('float32', [2, 2], new Float32Array(4));
  await expect(run(tensorTopkNode, { tensor: square, k: 1, labels: [] })).rejects.toThrow(
    /one list of scores, not \[2,2\]/,
  );
});

it('the top k are those of a sorted list, however many', async () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 3001);
  const { scores, indices } = await run<{ scores: number[]; indices: number[] }>(tensorTopkNode, {
    ...{ tensor: tensorOf('float32', [5000, 1], values), k: 1000, labels: [] },
  });
  expect(scores).toEqual([...values].sort((a, b) => b - a).slice(0, 1000));
  expect(indices.map((index) => values[index])).toEqual(scores);
  const many = tensorOf('uint8', [1_000_001], new Uint8Array(1_000_001));
  await expect(run(tensorTopkNode, { tensor: many, k: 1, labels: [] })).rejects.toThrow(/at most 1000000 scores/);
});

it('info says what a tensor is like', async () => {
  const tensor = { ...tensorOf('int64', [1, 3], BigInt64Array.of(-1n, 0n, 4n)), name: 'ids' };
  expect(await run(tensorInfoNode, { tensor })).toEqual({
    ...{ name: 'ids', dtype: 'int64', shape: [1, 3], size: 3 },
    ...{ minimum: -1, maximum: 4, mean: 1 },
  });
  expect(await run(tensorInfoNode, { tensor: floats(1, Number.POSITIVE_INFINITY) })).toMatchObject({
    minimum: 1,
    maximum: null,
    mean: null,
  });
  expect(await run(tensorInfoNode, { tensor: empty(0) })).toMatchObject({ size: 0, minimum: null, mean: null });
});

it('a name says which tensor of several is meant, and what is computed has none', async () => {
  const named = await run<{ tensor: Tensor }>(tensorNameNode, { tensor: floats(1), name: 'x' });
  expect(named.tensor.name).toBe('x');
  expect((await run<{ tensor: Tensor }>(tensorNameNode, { ...named, name: '' })).tensor).not.toHaveProperty('name');
  expect((await run<{ tensor: Tensor }>(tensorReshapeNode, { ...named, shape: [1, 1] })).tensor).not.toHaveProperty(
    'name',
  );
  const tensors = [floats(0), named.tensor];
  expect(await run(tensorPickNode, { tensors, name: 'x', index: 0 })).toEqual(named);
  expect(await run(tensorPickNode, { tensors, name: '', index: -1 })).toEqual(named);
  await expect(run(tensorPickNode, { tensors, name: 'y', index: 0 })).rejects.toThrow(
    "no tensor is 'y'; there is one without a name, 'x'",
  );
  await expect(run(tensorPickNode, { tensors, name: '', index: 2 })).rejects.toThrow('no tensor 2 in a list of 2');
});

it('long work can be canceled', async () => {
  const other = testContext();
  other.canceled = true;
  const tensor = tensorOf('float32', [2 ** 22], new Float32Array(2 ** 22));
  await expect(other.run(tensorUnaryNode, { tensor, operation: 'abs' })).rejects.toThrow('canceled');
  await expect(other.run(tensorMathNode, { a: tensor, b: null, value: 1, operation: 'add' })).rejects.toThrow(
    'canceled',
  );
});
