import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { boolean, listOf } from '../fields.ts';
import { BOOLEAN_COLLECTION_OUTPUT } from '../outputs.ts';

export const booleanCollectionNode = defineNode({
  type: 'boolean_collection',
  version: '1.0.0',
  title: 'Boolean Collection Primitive',
  category: 'primitives',
  description: 'A collection of boolean values.',
  deterministic: true,
  inputs: {
    collection: listOf(boolean({}), { default: [], max_items: LIST_ITEMS_MAX, description: 'The values, in order.' }),
  },
  ...BOOLEAN_COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection }),
});
