import { defineNode } from '../define-node.ts';
import { choice, float, integer } from '../fields.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { roundHalfEven, wholeNumber } from './number.ts';

const METHODS = ['Nearest', 'Floor', 'Ceiling', 'Truncate'] as const;

const ROUND: Record<(typeof METHODS)[number], (value: number) => number> = {
  Nearest: (value) => roundHalfEven(value, 0),
  Floor: Math.floor,
  Ceiling: Math.ceil,
  Truncate: Math.trunc,
};

export const floatToIntNode = defineNode({
  type: 'float_to_int',
  version: '1.0.0',
  title: 'Float to Integer',
  category: 'math',
  description: 'Rounds a number to an integer, or to a multiple of one: 500 to multiples of 64 is 512.',
  deterministic: true,
  inputs: {
    value: float({ default: 0, description: 'The number.' }),
    multiple: integer({ default: 1, minimum: 1, description: 'The result is a multiple of this.' }),
    method: choice(METHODS, {
      default: 'Nearest',
      description: 'Which multiple: the nearest (half way, the even one), the one below, above, or towards zero.',
    }),
  },
  ...INTEGER_OUTPUT,
  invoke: ({ value, multiple, method }) => ({
    value: wholeNumber(ROUND[method](value / multiple) * multiple, `${value} as an integer`),
  }),
});
