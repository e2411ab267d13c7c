import { defineNode } from '../define-node.ts';
import { choice, tensor } from '../fields.ts';
import { cast } from './cast.ts';
import { ELEMENT_TYPE_NAMES } from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';

export const tensorCastNode = defineNode({
  type: 'tensor_cast',
  version: '1.0.0',
  title: 'Cast Tensor',
  category: 'tensor',
  description:
    'Gives a tensor another element type. Integers lose fractions, and what a type cannot hold becomes the nearest value that it can; bool is whether an element is not 0.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    dtype: choice(ELEMENT_TYPE_NAMES, { default: 'float32', description: 'The element type to give it.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensor, dtype }, context) => ({ tensor: await cast(tensor, dtype, () => context.checkpoint()) }),
});
