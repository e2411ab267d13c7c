import { defineNode } from '../define-node.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { wholeNumber } from './number.ts';
import { integerOperands } from './operands.ts';

export const addNode = defineNode({
  type: 'add',
  version: '1.0.0',
  title: 'Add Integers',
  category: 'math',
  description: 'Adds two integers.',
  deterministic: true,
  inputs: integerOperands(0),
  ...INTEGER_OUTPUT,
  invoke: ({ a, b }) => ({ value: wholeNumber(a + b, `${a} + ${b}`) }),
});
