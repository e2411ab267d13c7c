/** What the nodes that make a tensor return. */
import { tensor } from '../fields.ts';

export const TENSOR_OUTPUT = {
  output_type: 'tensor_output',
  outputs: { tensor: tensor({ description: 'The result.' }) },
};
