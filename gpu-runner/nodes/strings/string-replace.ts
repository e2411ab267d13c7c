import { defineNode } from '../define-node.ts';
import { boolean } from '../fields.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { anyCase } from './case-insensitive.ts';
import { replaceMatches } from './expression.ts';
import { joined, longText, searchText } from './text.ts';

export const stringReplaceNode = defineNode({
  type: 'string_replace',
  version: '1.0.0',
  title: 'String Replace',
  category: 'string',
  description: 'Replaces every occurrence of a text, in upper or lower case, or every match of a regular expression.',
  deterministic: true,
  inputs: {
    string: longText('The text to work on.'),
    search_string: searchText('What to look for. When it is empty, nothing is replaced.'),
    replace_string: longText('What to put there. With use_regex, \\1 and \\g<name> stand for groups of the match.'),
    use_regex: boolean({
      default: false,
      description: "Whether search_string is a regular expression, in RE2's syntax; upper and lower case then differ.",
    }),
  },
  ...STRING_OUTPUT,
  invoke: async ({ string, search_string, replace_string, use_regex }, context) => {
    if (search_string === '') return { value: string };
    if (!use_regex) return { value: joined(string.split(anyCase(search_string)), replace_string) };
    return { value: await replaceMatches(string, search_string, replace_string, () => context.checkpoint()) };
  },
});
