import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { INTEGER_COLLECTION_OUTPUT } from '../outputs.ts';
import { progression } from './progression.ts';

export const rangeOfSizeNode = defineNode({
  type: 'range_of_size',
  version: '1.0.0',
  title: 'Integer Range of Size',
  category: 'collections',
  description: 'So many whole numbers, from start on.',
  deterministic: true,
  inputs: {
    start: integer({ default: 0, description: 'The first number.' }),
    size: integer({ default: 1, minimum: 0, maximum: LIST_ITEMS_MAX, description: 'How many numbers.' }),
    step: integer({ default: 1, description: 'From one number to the next; below 0 to go down.' }),
  },
  ...INTEGER_COLLECTION_OUTPUT,
  invoke: ({ start, size, step }) => ({ collection: progression(start, step, size) }),
});
