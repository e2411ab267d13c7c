import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { SEED } from '../math/operands.ts';
import { RandomStream } from '../math/random-stream.ts';
import { INTEGER_COLLECTION_OUTPUT } from '../outputs.ts';

export const randomRangeNode = defineNode({
  type: 'random_range',
  version: '1.0.0',
  title: 'Random Range',
  category: 'collections',
  description: 'Random integers that follow from the seed; some may be the same.',
  deterministic: true,
  inputs: {
    low: integer({ default: 0, description: 'The least that can come out.' }),
    high: integer({ default: 2 ** 31 - 1, description: 'One more than the most that can come out.' }),
    size: integer({ default: 1, minimum: 0, maximum: LIST_ITEMS_MAX, description: 'How many integers.' }),
    seed: SEED,
  },
  ...INTEGER_COLLECTION_OUTPUT,
  invoke: ({ low, high, size, seed }) => {
    const random = new RandomStream(seed);
    return { collection: Array.from({ length: size }, () => random.between(low, high)) };
  },
});
