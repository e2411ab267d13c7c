import { defineNode } from '../define-node.ts';
import { integer, listOf, tensor } from '../fields.ts';
import { strided } from './copy.ts';
import { RANK_MAX } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';
import { axisOf, stridesOf } from './shape.ts';

export const tensorTransposeNode = defineNode({
  type: 'tensor_transpose',
  version: '1.0.0',
  title: 'Transpose Tensor',
  category: 'tensor',
  description: 'Puts the axes of a tensor into another order, as [0, 2, 3, 1] makes channels-last of channels-first.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    axes: listOf(integer({ minimum: -RANK_MAX, maximum: RANK_MAX - 1 }), {
      default: [],
      max_items: RANK_MAX,
      description: 'Every axis once, in the new order; an empty list turns the order round.',
    }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensor, axes }, context) => {
    const { shape } = tensor;
    const rank = shape.length;
    const order = axes.length === 0 ? shape.map((_, axis) => rank - 1 - axis) : axes.map((axis) => axisOf(axis, rank));
    if (order.length !== rank || new Set(order).size !== rank)
      throw new RangeError(`axes [${axes}] do not name each of the ${rank} axes once`);
    const strides = stridesOf(shape);
    const from = { strides: order.map((axis) => strides[axis] ?? 0) };
    const to = order.map((axis) => shape[axis] ?? 1);
    return { tensor: await strided(tensor, to, from, () => context.checkpoint()) };
  },
});
