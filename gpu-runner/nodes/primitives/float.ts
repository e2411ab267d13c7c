import { defineNode } from '../define-node.ts';
import { float } from '../fields.ts';
import { FLOAT_OUTPUT } from '../outputs.ts';

export const floatNode = defineNode({
  type: 'float',
  version: '1.0.0',
  title: 'Float Primitive',
  category: 'primitives',
  description: 'A number.',
  deterministic: true,
  inputs: { value: float({ default: 0, description: 'The number.' }) },
  ...FLOAT_OUTPUT,
  invoke: ({ value }) => ({ value }),
});
