import { defineNode } from '../define-node.ts';
import { integerOperands } from '../math/operands.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';
import { COMPARISON, holds } from './comparison.ts';

export const integerCompareNode = defineNode({
  type: 'integer_compare',
  version: '1.0.0',
  title: 'Compare Integers',
  category: 'logic',
  description: 'Whether a comparison of two integers holds.',
  deterministic: true,
  inputs: { comparison: COMPARISON, ...integerOperands(0) },
  ...BOOLEAN_OUTPUT,
  invoke: ({ comparison, a, b }) => ({ value: holds(comparison, a - b) }),
});
