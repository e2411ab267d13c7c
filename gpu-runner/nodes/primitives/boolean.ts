import { defineNode } from '../define-node.ts';
import { boolean } from '../fields.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';

export const booleanNode = defineNode({
  type: 'boolean',
  version: '1.0.0',
  title: 'Boolean Primitive',
  category: 'primitives',
  description: 'A value that is true or false.',
  deterministic: true,
  inputs: { value: boolean({ default: false, description: 'The value.' }) },
  ...BOOLEAN_OUTPUT,
  invoke: ({ value }) => ({ value }),
});
