import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { integer, listOf } from '../fields.ts';
import { INTEGER_COLLECTION_OUTPUT } from '../outputs.ts';

export const integerCollectionNode = defineNode({
  type: 'integer_collection',
  version: '1.0.0',
  title: 'Integer Collection Primitive',
  category: 'primitives',
  description: 'A collection of integers.',
  deterministic: true,
  inputs: {
    collection: listOf(integer({}), { default: [], max_items: LIST_ITEMS_MAX, description: 'The integers, in order.' }),
  },
  ...INTEGER_COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection }),
});
