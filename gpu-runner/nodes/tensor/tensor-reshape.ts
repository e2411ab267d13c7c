import { defineNode } from '../define-node.ts';
import { integer, listOf, tensor } from '../fields.ts';
import { elementCount, RANK_MAX, tensorOf } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';

export const tensorReshapeNode = defineNode({
  type: 'tensor_reshape',
  version: '1.0.0',
  title: 'Reshape Tensor',
  category: 'tensor',
  description: 'Gives a tensor another shape of as many elements; their order stays.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    shape: listOf(integer({ minimum: -1 }), {
      max_items: RANK_MAX,
      description:
        'The sizes of its axes; one may be -1 and follows from the others. An empty list is for one element.',
    }),
  },
  ...TENSOR_OUTPUT,
  invoke: ({ tensor, shape }) => ({
    tensor: tensorOf(tensor.type, completed(shape, tensor.data.length), tensor.data),
  }),
});

function completed(shape: readonly number[], count: number): number[] {
  const open = shape.filter((size) => size === -1).length;
  if (open > 1) throw new RangeError(`shape [${shape}] has -1 more than once; only one size can follow from the rest`);
  const known = elementCount(shape.filter((size) => size !== -1));
  const fits = open === 0 ? known === count : known > 0 && count % known === 0;
  if (!fits) throw new RangeError(`${count} elements do not fill a tensor of shape [${shape}]`);
  return shape.map((size) => (size === -1 ? count / known : size));
}
