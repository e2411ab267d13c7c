import { defineNode } from '../define-node.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { joined, longText } from './text.ts';

export const stringJoinNode = defineNode({
  type: 'string_join',
  version: '1.0.0',
  title: 'String Join',
  category: 'string',
  description: 'Puts two texts together.',
  deterministic: true,
  inputs: { string_left: longText('The first text.'), string_right: longText('The second text.') },
  ...STRING_OUTPUT,
  invoke: ({ string_left, string_right }) => ({ value: joined([string_left, string_right]) }),
});
