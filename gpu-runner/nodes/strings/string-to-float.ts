import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';
import { finiteNumber } from '../math/number.ts';
import { FLOAT_OUTPUT } from '../outputs.ts';
import { NUMBER_LENGTH_MAX } from './text.ts';

export const stringToFloatNode = defineNode({
  type: 'string_to_float',
  version: '1.0.0',
  title: 'String to Float',
  category: 'string',
  description: 'Reads a number, such as 7.5 or 1e-3. White space around it plays no part.',
  deterministic: true,
  inputs: { string: string({ max_length: NUMBER_LENGTH_MAX, description: 'The text.' }) },
  ...FLOAT_OUTPUT,
  invoke: ({ string: given }) => {
    const digits = given.trim();
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits))
      throw new SyntaxError(`${JSON.stringify(given)} is not a number: write one such as 7.5, -2 or 1e-3`);
    return { value: finiteNumber(Number(digits), digits) };
  },
});
