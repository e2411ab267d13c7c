import { NAME_LENGTH_MAX } from '../../../contract/limits.ts';
import { defineNode } from '../define-node.ts';
import { integer, listOf, string, tensor } from '../fields.ts';
import { TENSOR_OUTPUT } from './output.ts';

export const tensorPickNode = defineNode({
  type: 'tensor_pick',
  version: '1.0.0',
  title: 'Pick Tensor',
  category: 'tensor',
  description: 'One tensor of a list, by its name or its place.',
  deterministic: true,
  inputs: {
    tensors: listOf(tensor({}), { description: 'The tensors.' }),
    name: string({
      default: '',
      max_length: NAME_LENGTH_MAX,
      description: 'The name of the tensor; when empty, the index says which.',
    }),
    index: integer({ default: 0, description: 'Its place in the list; below 0 it counts from the end.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: ({ tensors, name, index }) => {
    const picked = name === '' ? tensors.at(index) : tensors.find((each) => each.name === name);
    if (picked) return { tensor: picked };
    const has = tensors.map((each) => (each.name ? `'${each.name}'` : 'one without a name')).join(', ') || 'none';
    throw new RangeError(
      name === ''
        ? `there is no tensor ${index} in a list of ${tensors.length}`
        : `no tensor is '${name}'; there is ${has}`,
    );
  },
});
