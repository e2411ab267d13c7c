import { defineNode } from '../define-node.ts';
import { boolean, integer, listOf, tensor } from '../fields.ts';
import { checkSize, elementCount, isLong, numbersOf, RANK_MAX, tensorOf } from './element-type.ts';
import { around, axisOf, eachLine } from './shape.ts';

/** As many as fit into a record of 64 KiB, with room: more would be kept as an asset that hardly anybody reads. */
const INDICES_MAX = 4096;

export const tensorArgmaxNode = defineNode({
  type: 'tensor_argmax',
  version: '1.0.0',
  title: 'Argmax',
  category: 'tensor',
  description: 'Where along an axis the greatest element is; of several, the first.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    axis: integer({ default: -1, minimum: -RANK_MAX, maximum: RANK_MAX - 1, description: 'The axis; -1 is the last.' }),
    keep_dims: boolean({ default: false, description: 'Whether the axis stays, with size 1.' }),
  },
  output_type: 'tensor_argmax_output',
  outputs: {
    tensor: tensor({ description: 'The indexes, int64.' }),
    indices: listOf(integer({}), {
      required: false,
      description: `The same as a list, row by row; null when there are more than ${INDICES_MAX}.`,
    }),
  },
  invoke: async ({ tensor, axis: given, keep_dims }, context) => {
    const { shape, data } = tensor;
    const axis = axisOf(given, shape.length);
    const { size, inner } = around(shape, axis);
    if (size === 0) throw new RangeError('there is no greatest of no elements');
    const left = keep_dims ? shape.with(axis, 1) : shape.toSpliced(axis, 1);
    checkSize('int64', left);
    // 64-bit integers are compared as they are: as numbers, large ones would be equal.
    const values = isLong(data) ? data : numbersOf(tensor);
    const result = new BigInt64Array(elementCount(left));
    const greatest = (start: number, line: number) => {
      let best = 0;
      for (let i = 1; i < size; i++)
        if ((values[start + i * inner] ?? 0) > (values[start + best * inner] ?? 0)) best = i;
      result[line] = BigInt(best);
    };
    await eachLine(shape, axis, greatest, () => context.checkpoint());
    return {
      tensor: tensorOf('int64', left, result),
      indices: result.length > INDICES_MAX ? null : Array.from(result, Number),
    };
  },
});
