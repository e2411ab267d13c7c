import { defineNode } from '../define-node.ts';
import { float, integer } from '../fields.ts';
import { DECIMALS_MAX, roundHalfEven } from '../math/number.ts';
import { STRING_OUTPUT } from '../outputs.ts';

const DIGITS_MAX = 100;

export const numberToStringNode = defineNode({
  type: 'number_to_string',
  version: '1.0.0',
  title: 'Number to String',
  category: 'string',
  description: 'Writes a number: with 2 decimals 7.5 is 7.50, with 4 digits 7 is 0007.',
  deterministic: true,
  inputs: {
    value: float({ default: 0, description: 'The number.' }),
    decimals: integer({
      required: false,
      minimum: 0,
      maximum: DECIMALS_MAX,
      description: 'Digits after the point, rounded as round_float does; when absent, as many as the number has.',
    }),
    digits: integer({
      default: 1,
      minimum: 1,
      maximum: DIGITS_MAX,
      description: 'Digits before the point at least, with zeros in front: names then sort as their numbers do.',
    }),
  },
  ...STRING_OUTPUT,
  invoke: ({ value, decimals, digits }) => {
    const rounded = decimals === null ? value + 0 : roundHalfEven(value, decimals);
    const text = decimals === null ? String(Math.abs(rounded)) : Math.abs(rounded).toFixed(decimals);
    const [whole = ''] = text.split(/[.e]/);
    return { value: (rounded < 0 ? '-' : '') + '0'.repeat(Math.max(0, digits - whole.length)) + text };
  },
});
