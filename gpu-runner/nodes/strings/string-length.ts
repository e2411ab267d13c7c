import { defineNode } from '../define-node.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { longText } from './text.ts';

export const stringLengthNode = defineNode({
  type: 'string_length',
  version: '1.0.0',
  title: 'String Length',
  category: 'string',
  description: 'How many characters a text has. An emoji may be made of several.',
  deterministic: true,
  inputs: { string: longText('The text.') },
  ...INTEGER_OUTPUT,
  // Code points, as Python counts them.
  invoke: ({ string }) => ({ value: [...string].length }),
});
