import { LIST_ITEMS_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { image, listOf } from '../fields.ts';
import { IMAGE_COLLECTION_OUTPUT } from '../outputs.ts';

export const imageCollectionNode = defineNode({
  type: 'image_collection',
  version: '1.0.0',
  title: 'Image Collection Primitive',
  category: 'primitives',
  description: 'A collection of images.',
  deterministic: true,
  inputs: { collection: listOf(image({}), { max_items: LIST_ITEMS_MAX, description: 'The images, in order.' }) },
  ...IMAGE_COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection }),
});
