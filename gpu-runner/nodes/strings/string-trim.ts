import { defineNode } from '../define-node.ts';
import { choice } from '../fields.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { longText } from './text.ts';

const SIDES = ['both', 'start', 'end'] as const;

const TRIM: Record<(typeof SIDES)[number], (text: string) => string> = {
  both: (text) => text.trim(),
  start: (text) => text.trimStart(),
  end: (text) => text.trimEnd(),
};

export const stringTrimNode = defineNode({
  type: 'string_trim',
  version: '1.0.0',
  title: 'String Trim',
  category: 'string',
  description: 'Drops white space and line breaks at the ends of a text.',
  deterministic: true,
  inputs: {
    string: longText('The text.'),
    side: choice(SIDES, { default: 'both', description: 'At which end.' }),
  },
  ...STRING_OUTPUT,
  invoke: ({ string, side }) => ({ value: TRIM[side](string) }),
});
