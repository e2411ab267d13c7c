import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { float, listOf } from '../fields.ts';
import { FLOAT_COLLECTION_OUTPUT } from '../outputs.ts';

export const floatCollectionNode = defineNode({
  type: 'float_collection',
  version: '1.0.0',
  title: 'Float Collection Primitive',
  category: 'primitives',
  description: 'A collection of numbers.',
  deterministic: true,
  inputs: {
    collection: listOf(float({}), { default: [], max_items: LIST_ITEMS_MAX, description: 'The numbers, in order.' }),
  },
  ...FLOAT_COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection }),
});
