import { defineNode } from '../define-node.ts';
import { integer, tensor } from '../fields.ts';
import { checkSize, numbersOf, RANK_MAX, requireFloat, stored, tensorOf, workspace } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';
import { around, axisOf, eachLine } from './shape.ts';

export const tensorSoftmaxNode = defineNode({
  type: 'tensor_softmax',
  version: '1.0.0',
  title: 'Softmax',
  category: 'tensor',
  description: 'Makes probabilities of scores: along the axis they are positive, and their sum is 1.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The scores, floating-point.' }),
    axis: integer({ default: -1, minimum: -RANK_MAX, maximum: RANK_MAX - 1, description: 'The axis; -1 is the last.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensor, axis: given }, context) => {
    requireFloat(tensor, 'tensor_softmax');
    checkSize(tensor.type, tensor.shape);
    const { type, shape } = tensor;
    const axis = axisOf(given, shape.length);
    const { size, inner } = around(shape, axis);
    const scores = numbersOf(tensor);
    const result = workspace(type, scores.length);
    const normalize = (start: number) => {
      const end = start + size * inner;
      let most = Number.NEGATIVE_INFINITY;
      for (let i = start; i < end; i += inner) most = Math.max(most, scores[i] ?? 0);
      let sum = 0;
      // Less the greatest, so that no power overflows.
      for (let i = start; i < end; i += inner) sum += Math.exp((scores[i] ?? 0) - most);
      for (let i = start; i < end; i += inner) result[i] = Math.exp((scores[i] ?? 0) - most) / sum;
    };
    await eachLine(shape, axis, normalize, () => context.checkpoint());
    return { tensor: tensorOf(type, shape, stored(type, result)) };
  },
});
