import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';

export const addNode = defineNode({
  type: 'add',
  version: '1.0.0',
  title: 'Add Integers',
  category: 'math',
  description: 'Adds two integers.',
  deterministic: true,
  inputs: {
    a: integer({ default: 0, description: 'The first number.' }),
    b: integer({ default: 0, description: 'The second number.' }),
  },
  output_type: 'integer_output',
  outputs: { value: integer({ description: 'The sum.' }) },
  invoke: ({ a, b }) => {
    const value = a + b;
    if (!Number.isSafeInteger(value)) throw new RangeError(`${a} + ${b} is beyond what an integer holds (±(2^53 − 1))`);
    return { value };
  },
});
