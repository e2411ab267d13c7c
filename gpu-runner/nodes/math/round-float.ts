import { defineNode } from '../define-node.ts';
import { float, integer } from '../fields.ts';
import { FLOAT_OUTPUT } from '../outputs.ts';
import { DECIMALS_MAX, roundHalfEven } from './number.ts';

export const roundFloatNode = defineNode({
  type: 'round_float',
  version: '1.0.0',
  title: 'Round Float',
  category: 'math',
  description: 'Rounds a number. What is exactly half way goes to the even digit: 2.5 to 2, and 3.5 to 4.',
  deterministic: true,
  inputs: {
    value: float({ default: 0, description: 'The number.' }),
    decimals: integer({ default: 0, minimum: 0, maximum: DECIMALS_MAX, description: 'Digits after the point.' }),
  },
  ...FLOAT_OUTPUT,
  invoke: ({ value, decimals }) => ({ value: roundHalfEven(value, decimals) }),
});
