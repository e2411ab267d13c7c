import { defineNode } from '../define-node.ts';
import { COLLECTION_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';

export const collectionReverseNode = defineNode({
  type: 'collection_reverse',
  version: '1.0.0',
  title: 'Collection Reverse',
  category: 'collections',
  description: 'A collection with the last element first.',
  deterministic: true,
  inputs: { collection: list('The collection.') },
  ...COLLECTION_OUTPUT,
  invoke: ({ collection }) => ({ collection: collection.toReversed() }),
});
