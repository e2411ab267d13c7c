import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { SEED } from './operands.ts';
import { RandomStream } from './random-stream.ts';

export const randIntNode = defineNode({
  type: 'rand_int',
  version: '1.0.0',
  title: 'Random Integer',
  category: 'math',
  description:
    'A random integer that follows from the seed: for another one in each session, vary the seed in the batch.',
  deterministic: true,
  inputs: {
    low: integer({ default: 0, description: 'The least that can come out.' }),
    high: integer({ default: 2 ** 31 - 1, description: 'One more than the most that can come out.' }),
    seed: SEED,
  },
  ...INTEGER_OUTPUT,
  invoke: ({ low, high, seed }) => ({ value: new RandomStream(seed).between(low, high) }),
});
