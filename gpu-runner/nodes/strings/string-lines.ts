import { LIST_ITEMS_MAX } from '../bounds.ts';
import { refuseLongList } from '../collections/list.ts';
import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { STRING_COLLECTION_OUTPUT } from '../outputs.ts';
import { longText, refuseLongText } from './text.ts';

export const stringLinesNode = defineNode({
  type: 'string_lines',
  version: '1.0.0',
  title: 'Lines of Text',
  category: 'prompt',
  description:
    'Takes lines out of a text, each for example a prompt. White space at their ends is dropped; empty lines count.',
  deterministic: true,
  inputs: {
    text: longText('The text.'),
    pre_prompt: longText('What to put before each line.'),
    post_prompt: longText('What to put after each line.'),
    start_line: integer({ default: 1, minimum: 1, description: 'The first line to take, from 1.' }),
    max_prompts: integer({
      default: 1,
      minimum: 0,
      maximum: LIST_ITEMS_MAX,
      description: 'How many lines to take at most; 0 for all.',
    }),
  },
  ...STRING_COLLECTION_OUTPUT,
  invoke: ({ text, pre_prompt, post_prompt, start_line, max_prompts }) => {
    const lines = text.split(/\r\n|\r|\n/);
    // What ends with a line break has no further line after it.
    if (lines.at(-1) === '') lines.pop();
    const start = start_line - 1;
    const taken = lines.slice(start, max_prompts === 0 ? undefined : start + max_prompts).map((line) => line.trim());
    refuseLongList(taken.length);
    const around = (pre_prompt.length + post_prompt.length) * taken.length;
    const length = taken.reduce((sum, line) => sum + line.length, around);
    refuseLongText(length, 'the lines together', 'take fewer lines, or put less around them');
    return { collection: taken.map((line) => pre_prompt + line + post_prompt) };
  },
});
