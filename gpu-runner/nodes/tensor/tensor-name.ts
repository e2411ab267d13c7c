import { NAME_LENGTH_MAX } from '../../../contract/limits.ts';
import { defineNode } from '../define-node.ts';
import { string, tensor } from '../fields.ts';
import { TENSOR_OUTPUT } from './output.ts';

export const tensorNameNode = defineNode({
  type: 'tensor_name',
  version: '1.0.0',
  title: 'Name Tensor',
  category: 'tensor',
  description: 'Says which input of a model a tensor is for.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    name: string({
      default: '',
      max_length: NAME_LENGTH_MAX,
      description: 'The name of the input, as onnx_info lists it; when empty, the tensor has no name afterwards.',
    }),
  },
  ...TENSOR_OUTPUT,
  invoke: ({ tensor: { type, shape, data }, name }) => ({
    tensor: { type, shape, data, ...(name !== '' && { name }) },
  }),
});
