import { defineNode } from '../define-node.ts';
import { float } from '../fields.ts';
import { floatOperands } from '../math/operands.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';
import { COMPARISON, holds } from './comparison.ts';

export const floatCompareNode = defineNode({
  type: 'float_compare',
  version: '1.0.0',
  title: 'Compare Floats',
  category: 'logic',
  description: 'Whether a comparison of two numbers holds.',
  deterministic: true,
  inputs: {
    comparison: COMPARISON,
    ...floatOperands(0),
    tolerance: float({
      default: 0,
      minimum: 0,
      description: 'Numbers that differ by no more than this are equal: 0.1 + 0.2 is not exactly 0.3.',
    }),
  },
  ...BOOLEAN_OUTPUT,
  invoke: ({ comparison, a, b, tolerance }) => ({
    value: holds(comparison, Math.abs(a - b) <= tolerance ? 0 : a - b),
  }),
});
