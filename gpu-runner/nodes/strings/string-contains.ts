import { defineNode } from '../define-node.ts';
import { boolean } from '../fields.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';
import { anyCase } from './case-insensitive.ts';
import { longText, searchText } from './text.ts';

export const stringContainsNode = defineNode({
  type: 'string_contains',
  version: '1.0.0',
  title: 'String Contains',
  category: 'string',
  description: 'Whether a text occurs in another one. The empty text occurs in every text.',
  deterministic: true,
  inputs: {
    string: longText('The text to look in.'),
    search_string: searchText('What to look for.'),
    ignore_case: boolean({ default: false, description: 'Whether upper and lower case are the same.' }),
  },
  ...BOOLEAN_OUTPUT,
  invoke: ({ string, search_string, ignore_case }) => ({
    value: ignore_case ? anyCase(search_string).test(string) : string.includes(search_string),
  }),
});
