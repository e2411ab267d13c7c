import { defineNode } from '../define-node.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { joined, longText } from './text.ts';

export const stringJoinThreeNode = defineNode({
  type: 'string_join_three',
  version: '1.0.0',
  title: 'String Join Three',
  category: 'string',
  description: 'Puts three texts together.',
  deterministic: true,
  inputs: {
    string_left: longText('The first text.'),
    string_middle: longText('The second text.'),
    string_right: longText('The third text.'),
  },
  ...STRING_OUTPUT,
  invoke: ({ string_left, string_middle, string_right }) => ({
    value: joined([string_left, string_middle, string_right]),
  }),
});
