import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';
import { wholeNumber } from '../math/number.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { NUMBER_LENGTH_MAX } from './text.ts';

export const stringToIntegerNode = defineNode({
  type: 'string_to_integer',
  version: '1.0.0',
  title: 'String to Integer',
  category: 'string',
  description: 'Reads a whole number, such as 42 or −7 (written -7). White space around it plays no part.',
  deterministic: true,
  inputs: { string: string({ max_length: NUMBER_LENGTH_MAX, description: 'The text.' }) },
  ...INTEGER_OUTPUT,
  invoke: ({ string: given }) => {
    const digits = given.trim();
    if (!/^[+-]?\d+$/.test(digits))
      throw new SyntaxError(`${JSON.stringify(given)} is not a whole number: write digits alone, such as 42 or -7`);
    return { value: wholeNumber(Number(digits), digits) };
  },
});
