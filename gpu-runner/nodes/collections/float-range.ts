import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { float, integer } from '../fields.ts';
import { finiteNumber } from '../math/number.ts';
import { FLOAT_COLLECTION_OUTPUT } from '../outputs.ts';

export const floatRangeNode = defineNode({
  type: 'float_range',
  version: '1.0.0',
  title: 'Float Range',
  category: 'collections',
  description: 'Numbers at equal distances from start to stop, both among them. With one step, start alone.',
  deterministic: true,
  inputs: {
    start: float({ default: 5, description: 'The first number.' }),
    stop: float({ default: 10, description: 'The last number.' }),
    steps: integer({ default: 30, minimum: 0, maximum: LIST_ITEMS_MAX, description: 'How many numbers.' }),
  },
  ...FLOAT_COLLECTION_OUTPUT,
  invoke: ({ start, stop, steps }) => {
    const step = finiteNumber(stop - start, 'stop − start') / (steps - 1);
    // Rounding must not keep the last number from being stop.
    const at = (i: number) => (i > 0 && i === steps - 1 ? stop : i === 0 ? start : start + i * step);
    return { collection: Array.from({ length: steps }, (_, i) => at(i)) };
  },
});
