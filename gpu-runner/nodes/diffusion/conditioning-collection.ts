import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { conditioning, listOf } from '../fields.ts';
import { CONDITIONING_COLLECTION_OUTPUT } from '../outputs.ts';

export const conditioningCollectionNode = defineNode({
  type: 'conditioning_collection',
  version: '1.0.0',
  title: 'Conditioning Collection Primitive',
  category: 'primitives',
  description: 'A collection of encoded prompts.',
  deterministic: true,
  inputs: {
    collection: listOf(conditioning({}), { max_items: LIST_ITEMS_MAX, description: 'The encoded prompts, in order.' }),
  },
  ...CONDITIONING_COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection }),
});
