import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';

export const integerNode = defineNode({
  type: 'integer',
  version: '1.0.0',
  title: 'Integer Primitive',
  category: 'primitives',
  description: 'An integer value.',
  deterministic: true,
  inputs: { value: integer({ default: 0, description: 'The integer value.' }) },
  output_type: 'integer_output',
  outputs: { value: integer({ description: 'The integer value.' }) },
  invoke: ({ value }) => ({ value }),
});
