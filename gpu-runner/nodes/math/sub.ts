import { defineNode } from '../define-node.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { wholeNumber } from './number.ts';
import { integerOperands } from './operands.ts';

export const subNode = defineNode({
  type: 'sub',
  version: '1.0.0',
  title: 'Subtract Integers',
  category: 'math',
  description: 'Subtracts the second integer from the first.',
  deterministic: true,
  inputs: integerOperands(0),
  ...INTEGER_OUTPUT,
  invoke: ({ a, b }) => ({ value: wholeNumber(a - b, `${a} − ${b}`) }),
});
