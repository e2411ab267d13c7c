import { defineNode } from '../define-node.ts';
import { float, integer } from '../fields.ts';
import { FLOAT_OUTPUT } from '../outputs.ts';
import { DECIMALS_MAX, finiteNumber, roundHalfEven } from './number.ts';
import { SEED } from './operands.ts';
import { RandomStream } from './random-stream.ts';

export const randFloatNode = defineNode({
  type: 'rand_float',
  version: '1.0.0',
  title: 'Random Float',
  category: 'math',
  description:
    'A random number that follows from the seed: for another one in each session, vary the seed in the batch.',
  deterministic: true,
  inputs: {
    low: float({ default: 0, description: 'The least that can come out, before it is rounded.' }),
    high: float({ default: 1, description: 'The most that can come out, before it is rounded.' }),
    decimals: integer({ default: 2, minimum: 0, maximum: DECIMALS_MAX, description: 'Digits after the point.' }),
    seed: SEED,
  },
  ...FLOAT_OUTPUT,
  invoke: ({ low, high, decimals, seed }) => {
    if (low > high) throw new RangeError(`low (${low}) must not be more than high (${high})`);
    const span = finiteNumber(high - low, 'high − low');
    return { value: roundHalfEven(low + span * new RandomStream(seed).fraction(), decimals) };
  },
});
