import { defineNode } from '../define-node.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';

export const collectionSizeNode = defineNode({
  type: 'collection_size',
  version: '1.0.0',
  title: 'Collection Size',
  category: 'collections',
  description: 'How many elements a collection has.',
  deterministic: true,
  inputs: { collection: list('The collection.') },
  ...INTEGER_OUTPUT,
  invoke: ({ collection }) => ({ value: collection.length }),
});
