import { defineNode } from '../define-node.ts';
import { boolean } from '../fields.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';
import { text } from '../strings/text.ts';
import { COMPARISON, holds } from './comparison.ts';

export const stringCompareNode = defineNode({
  type: 'string_compare',
  version: '1.0.0',
  title: 'Compare Strings',
  category: 'logic',
  description: 'Whether a comparison of two texts holds. Texts are ordered by their characters\' codes, as "B" < "a".',
  deterministic: true,
  inputs: {
    comparison: COMPARISON,
    a: text('The first text.'),
    b: text('The second text.'),
    ignore_case: boolean({ default: false, description: 'Whether upper and lower case are the same.' }),
  },
  ...BOOLEAN_OUTPUT,
  invoke: ({ comparison, ignore_case, ...given }) => {
    const [a, b] = ignore_case ? [given.a.toLowerCase(), given.b.toLowerCase()] : [given.a, given.b];
    return { value: holds(comparison, a < b ? -1 : a > b ? 1 : 0) };
  },
});
