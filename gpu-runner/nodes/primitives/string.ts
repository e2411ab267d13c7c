import { defineNode } from '../define-node.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { longText } from '../strings/text.ts';

export const stringNode = defineNode({
  type: 'string',
  version: '1.0.0',
  title: 'String Primitive',
  category: 'primitives',
  description: 'A text.',
  deterministic: true,
  inputs: { value: longText('The text.') },
  ...STRING_OUTPUT,
  invoke: ({ value }) => ({ value }),
});
