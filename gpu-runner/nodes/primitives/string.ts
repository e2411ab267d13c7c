import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';

export const stringNode = defineNode({
  type: 'string',
  version: '1.0.0',
  title: 'String Primitive',
  category: 'primitives',
  description: 'A text.',
  deterministic: true,
  inputs: { value: string({ default: '', description: 'The text.', ui: { component: 'textarea' } }) },
  output_type: 'string_output',
  outputs: { value: string({ description: 'The text.' }) },
  invoke: ({ value }) => ({ value }),
});
