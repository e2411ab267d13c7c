import { defineNode } from '../define-node.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { refuseZero, wholeNumber } from './number.ts';
import { integerOperands } from './operands.ts';

export const divNode = defineNode({
  type: 'div',
  version: '1.0.0',
  title: 'Divide Integers',
  category: 'math',
  description: 'Divides the first integer by the second and drops what is after the point: −7 by 2 is −3.',
  deterministic: true,
  inputs: integerOperands(0),
  ...INTEGER_OUTPUT,
  invoke: ({ a, b }) => {
    refuseZero(b);
    return { value: wholeNumber(Math.trunc(a / b), `${a} ÷ ${b}`) };
  },
});
