import { defineNode } from '../define-node.ts';
import { choice } from '../fields.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { joined, longText } from './text.ts';

const OPERATIONS = ['LOWER', 'UPPER', 'CAPITALIZE', 'TITLE'] as const;

const capitalized = (word: string): string => {
  const [first = ''] = word;
  return first.toUpperCase() + word.slice(first.length).toLowerCase();
};

const CHANGE: Record<(typeof OPERATIONS)[number], (text: string) => string> = {
  LOWER: (text) => text.toLowerCase(),
  UPPER: (text) => text.toUpperCase(),
  CAPITALIZE: capitalized,
  TITLE: (text) => text.replace(/\S+/g, capitalized),
};

export const stringCaseNode = defineNode({
  type: 'string_case',
  version: '1.0.0',
  title: 'String Case',
  category: 'string',
  description:
    'Writes a text in lower or upper case, or with a capital at its start (CAPITALIZE) or of each word (TITLE).',
  deterministic: true,
  inputs: {
    string: longText('The text.'),
    operation: choice(OPERATIONS, { default: 'LOWER', description: 'How to write it.' }),
  },
  ...STRING_OUTPUT,
  // Some letters become several: ß is SS.
  invoke: ({ string, operation }) => ({ value: joined([CHANGE[operation](string)]) }),
});
