import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';
import { longText } from './text.ts';

/** The characters outside and inside square brackets. A "]" without its "[" is dropped and changes nothing. */
function splitBrackets(text: string): { positive: string; negative: string } {
  let [positive, negative] = ['', ''];
  let depth = 0;
  let escaped = false;
  for (const character of text) {
    if (character === '[' && !escaped) {
      negative += ' ';
      depth++;
    } else if (character === ']' && !escaped) depth = Math.max(0, depth - 1);
    else if (depth > 0) negative += character;
    else positive += character;
    escaped = character === '\\' && !escaped;
  }
  return { positive, negative };
}

export const stringSplitNegNode = defineNode({
  type: 'string_split_neg',
  version: '1.0.0',
  title: 'String Split Negative',
  category: 'string',
  description:
    'Splits a prompt: what stands in [square brackets] is negative, all else positive. A backslash before a bracket keeps it.',
  deterministic: true,
  inputs: { string: longText('The text to split.') },
  output_type: 'string_pos_neg_output',
  outputs: {
    positive_string: string({ description: 'What stands outside of brackets.' }),
    negative_string: string({ description: 'What stands inside, each bracketed part after a space.' }),
  },
  invoke: ({ string: given }) => {
    const { positive, negative } = splitBrackets(given);
    return { positive_string: positive, negative_string: negative };
  },
});
