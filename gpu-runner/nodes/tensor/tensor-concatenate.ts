import { defineNode } from '../define-node.ts';
import { integer, listOf, tensor } from '../fields.ts';
import { checkSize, elementCount, elementType, RANK_MAX, tensorOf } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';
import { around, axisOf } from './shape.ts';

export const tensorConcatenateNode = defineNode({
  type: 'tensor_concatenate',
  version: '1.0.0',
  title: 'Concatenate Tensors',
  category: 'tensor',
  description: 'Joins tensors along one axis, in which alone their shapes may differ.',
  deterministic: true,
  inputs: {
    tensors: listOf(tensor({}), { min_items: 1, max_items: 1024, description: 'The tensors, of one type.' }),
    axis: integer({ default: 0, minimum: -RANK_MAX, maximum: RANK_MAX - 1, description: 'The axis; -1 is the last.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensors, axis: given }, context) => {
    const [first] = tensors;
    if (!first) throw new RangeError('there is nothing to concatenate: the list of tensors is empty');
    const { type, shape } = first;
    const axis = axisOf(given, shape.length);
    for (const [index, other] of tensors.entries()) {
      const fits =
        other.shape.length === shape.length && other.shape.every((size, at) => at === axis || size === shape[at]);
      if (other.type !== type || !fits)
        throw new TypeError(
          `tensor ${index} is ${other.type}[${other.shape}], which does not continue ${type}[${shape}] along axis ${axis}`,
        );
    }
    const sizes = tensors.map((each) => each.shape[axis] ?? 0);
    const size = sizes.reduce((sum, each) => sum + each, 0);
    const joined = shape.with(axis, size);
    checkSize(type, joined);
    const result = elementType(type).make(elementCount(joined));
    const { outer, inner } = around(joined, axis);
    let at = 0;
    for (const [index, { data }] of tensors.entries()) {
      const length = (sizes[index] ?? 0) * inner;
      for (let block = 0; block < outer; block++) {
        if (block % 2 ** 16 === 0) await context.checkpoint();
        result.set(data.subarray(block * length, (block + 1) * length) as never, block * size * inner + at);
      }
      at += length;
    }
    return { tensor: tensorOf(type, joined, result) };
  },
});
