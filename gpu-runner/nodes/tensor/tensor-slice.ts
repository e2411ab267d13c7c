import { defineNode } from '../define-node.ts';
import { integer, tensor } from '../fields.ts';
import { strided } from './copy.ts';
import { RANK_MAX } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';
import { axisOf, stridesOf } from './shape.ts';

export const tensorSliceNode = defineNode({
  type: 'tensor_slice',
  version: '1.0.0',
  title: 'Slice Tensor',
  category: 'tensor',
  description: 'Takes part of a tensor along one axis, as start:stop:step does in NumPy.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    axis: integer({ default: 0, minimum: -RANK_MAX, maximum: RANK_MAX - 1, description: 'The axis; -1 is the last.' }),
    start: integer({
      required: false,
      description: 'The first index; below 0 it counts from the end. When absent, all from the beginning.',
    }),
    stop: integer({
      required: false,
      description: 'The index before which it ends; below 0 it counts from the end. When absent, to the end.',
    }),
    step: integer({ default: 1, description: 'From one index to the next; below 0 it goes backwards.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensor, axis: given, start, stop, step }, context) => {
    if (step === 0) throw new RangeError('a slice has no step of 0; use 1 for every index');
    const axis = axisOf(given, tensor.shape.length);
    const { first, count } = indices(tensor.shape[axis] ?? 0, start, stop, step);
    const strides = stridesOf(tensor.shape);
    const stride = strides[axis] ?? 1;
    return {
      tensor: await strided(
        tensor,
        tensor.shape.with(axis, count),
        { start: first * stride, strides: strides.with(axis, stride * step) },
        () => context.checkpoint(),
      ),
    };
  },
});

/** Python's rule for slices: indexes beyond the ends are brought to them. */
function indices(size: number, start: number | null, stop: number | null, step: number) {
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const bring = (index: number | null, absent: number) =>
    index === null ? absent : Math.min(most, Math.max(least, index < 0 ? index + size : index));
  const first = bring(start, step > 0 ? least : most);
  const end = bring(stop, step > 0 ? most : least);
  return { first: Math.max(0, first), count: Math.max(0, Math.ceil((end - first) / step)) };
}
