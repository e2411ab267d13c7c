import { LIST_ITEMS_MAX } from '../bounds.ts';
import { TEXT } from '../collections/list.ts';
import { defineNode } from '../define-node.ts';
import { listOf } from '../fields.ts';
import { STRING_COLLECTION_OUTPUT } from '../outputs.ts';

export const stringCollectionNode = defineNode({
  type: 'string_collection',
  version: '1.0.0',
  title: 'String Collection Primitive',
  category: 'primitives',
  description: 'A collection of texts.',
  deterministic: true,
  inputs: {
    collection: listOf(TEXT, { default: [], max_items: LIST_ITEMS_MAX, description: 'The texts, in order.' }),
  },
  ...STRING_COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection }),
});
