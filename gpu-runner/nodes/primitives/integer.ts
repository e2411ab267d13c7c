import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';

export const integerNode = defineNode({
  type: 'integer',
  version: '1.0.0',
  title: 'Integer Primitive',
  category: 'primitives',
  description: 'An integer value.',
  deterministic: true,
  inputs: { value: integer({ default: 0, description: 'The integer.' }) },
  ...INTEGER_OUTPUT,
  invoke: ({ value }) => ({ value }),
});
