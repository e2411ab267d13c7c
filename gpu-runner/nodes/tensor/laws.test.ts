import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toHalf } from '../../diffusion/half.ts';
import type { Tensor } from '../tensor-value.ts';
import { testContext } from '../testing/context.ts';
import { ELEMENT_TYPE_NAMES, ELEMENT_TYPES, elementCount, tensorOf } from './element-type.ts';
import { tensorCastNode } from './tensor-cast.ts';
import { tensorConcatenateNode } from './tensor-concatenate.ts';
import { tensorMathNode } from './tensor-math.ts';
import { tensorReshapeNode } from './tensor-reshape.ts';
import { tensorSliceNode } from './tensor-slice.ts';
import { tensorSoftmaxNode } from './tensor-softmax.ts';
import { tensorTransposeNode } from './tensor-transpose.ts';

const context = testContext();
const run = async (...args: Parameters<typeof context.run>): Promise<Tensor> =>
  (await context.run<{ tensor: Tensor }>(...args)).tensor;

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
const dtypes = fc.constantFrom(...ELEMENT_TYPE_NAMES);
const tensors = fc.tuple(dtypes, shapes).map(([type, shape]) => {
  const count = elementCount(shape);
  const data = ELEMENT_TYPES[type].make(count);
  for (let i = 0; i < count; i++) data[i] = (ELEMENT_TYPES[type].kind === 'long' ? BigInt(i % 2) : i % 2) as never;
  return tensorOf(type, shape, type === 'float16' ? toHalf(Float32Array.from(data as Uint16Array)) : data);
});
const withAxis = tensors.chain((tensor) =>
  fc.tuple(fc.constant(tensor), fc.integer({ min: -tensor.shape.length, max: tensor.shape.length - 1 })),
);

it('a reshape there and back changes nothing', () =>
  fc.assert(
    fc.asyncProperty(tensors, async (tensor) => {
      const flat = await run(tensorReshapeNode, { tensor, shape: [-1] });
      expect(flat.shape).toEqual([tensor.data.length]);
      expect(await run(tensorReshapeNode, { tensor: flat, shape: [...tensor.shape] })).toEqual(tensor);
    }),
  ));

it('what is sliced apart is concatenated to what it was', () =>
  fc.assert(
    fc.asyncProperty(withAxis, fc.nat(6), async ([tensor, axis], at) => {
      const slice = (start: number | null, stop: number | null) =>
        run(tensorSliceNode, { tensor, axis, start, stop, step: 1 });
      const halves = await Promise.all([slice(null, at), slice(at, null)]);
      expect(await run(tensorConcatenateNode, { tensors: halves, axis })).toEqual(tensor);
    }),
  ));

it('a slice that goes backwards twice is what it was', () =>
  fc.assert(
    fc.asyncProperty(withAxis, async ([tensor, axis]) => {
      const back = (each: Tensor) => run(tensorSliceNode, { tensor: each, axis, start: null, stop: null, step: -1 });
      expect(await back(await back(tensor))).toEqual(tensor);
    }),
  ));

it('a transposition and its inverse change nothing', () =>
  fc.assert(
    fc.asyncProperty(
      tensors.chain((tensor) =>
        fc.tuple(
          fc.constant(tensor),
          fc.shuffledSubarray([...tensor.shape.keys()], { minLength: tensor.shape.length }),
        ),
      ),
      async ([tensor, axes]) => {
        const there = await run(tensorTransposeNode, { tensor, axes });
        expect(there.shape).toEqual(axes.map((axis) => tensor.shape[axis]));
        const back = axes.map((_, axis) => axes.indexOf(axis));
        expect(await run(tensorTransposeNode, { tensor: there, axes: back })).toEqual(tensor);
      },
    ),
  ));

it('softmax is positive, sums to 1, and does not mind a number added to all', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 20 }),
      async (scores) => {
        const tensor = tensorOf('float64', [scores.length], Float64Array.from(scores));
        const { data } = await run(tensorSoftmaxNode, { tensor, axis: -1 });
        const values = Array.from(data as Float64Array);
        expect(values.every((value) => value >= 0)).toBe(true);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
        const moved = await run(tensorMathNode, { a: tensor, b: null, value: 64, operation: 'add' });
        const other = await run(tensorSoftmaxNode, { tensor: moved, axis: 0 });
        for (const [i, value] of values.entries()) expect(other.data[i]).toBeCloseTo(value, 9);
      },
    ),
  ));

it('what two types can both hold survives a cast there and back', () =>
  fc.assert(
    fc.asyncProperty(tensors, dtypes, async (tensor, dtype) => {
      const there = await run(tensorCastNode, { tensor, dtype });
      expect(there).toMatchObject({ type: dtype, shape: tensor.shape });
      const back = await run(tensorCastNode, { tensor: there, dtype: tensor.type });
      expect(back).toEqual(tensor);
    }),
  ));

it('broadcasting is the same as repeating', () =>
  fc.assert(
    fc.asyncProperty(fc.nat(4), fc.nat(4), fc.nat(4), async (x, y, z) => {
      const row = tensorOf(
        'float32',
        [1, y + 1, 1],
        new Float32Array(y + 1).map((_, i) => i),
      );
      const all = tensorOf(
        'float32',
        [x + 1, 1, z + 1],
        new Float32Array((x + 1) * (z + 1)).map((_, i) => i * 10),
      );
      const { shape, data } = await run(tensorMathNode, { a: all, b: row, value: 0, operation: 'sub' });
      expect(shape).toEqual([x + 1, y + 1, z + 1]);
      for (const [i, value] of (data as Float32Array).entries()) {
        const [inX, inY, inZ] = [Math.floor(i / ((y + 1) * (z + 1))), Math.floor(i / (z + 1)) % (y + 1), i % (z + 1)];
        expect(value).toBe((inX * (z + 1) + inZ) * 10 - inY);
      }
    }),
  ));
