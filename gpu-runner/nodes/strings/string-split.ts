import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';
import { longText, searchText } from './text.ts';

export const stringSplitNode = defineNode({
  type: 'string_split',
  version: '1.0.0',
  title: 'String Split',
  category: 'string',
  description: 'Splits a text in two where the delimiter first occurs. The delimiter itself is dropped.',
  deterministic: true,
  inputs: {
    string: longText('The text to split.'),
    delimiter: searchText('What stands between the two. When empty, the first white space after a word.'),
  },
  output_type: 'string_2_output',
  outputs: {
    string_1: string({ description: 'What stands before the delimiter, or everything when it does not occur.' }),
    string_2: string({ description: 'What stands after it.' }),
  },
  invoke: ({ string: given, delimiter }) => {
    const whole = delimiter === '' ? given.trimStart() : given;
    const start = delimiter === '' ? whole.search(/\s/) : whole.indexOf(delimiter);
    if (start === -1) return { string_1: whole, string_2: '' };
    const rest = whole.slice(start + delimiter.length);
    return { string_1: whole.slice(0, start), string_2: delimiter === '' ? rest.trimStart() : rest };
  },
});
