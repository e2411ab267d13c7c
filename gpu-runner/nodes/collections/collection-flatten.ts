import { defineNode } from '../define-node.ts';
import { COLLECTION_OUTPUT } from '../outputs.ts';
import { list, refuseLongList } from './list.ts';

export const collectionFlattenNode = defineNode({
  type: 'collection_flatten',
  version: '1.0.0',
  title: 'Collection Flatten',
  category: 'collections',
  description:
    'The elements of the lists in a collection, one list after another, as two collectors in a row make them. What is no list stays as it is.',
  deterministic: true,
  inputs: { collection: list('The collection of lists.') },
  ...COLLECTION_OUTPUT,
  invoke: ({ collection }) => {
    refuseLongList(collection.reduce<number>((sum, each) => sum + (Array.isArray(each) ? each.length : 1), 0));
    return { collection: collection.flat() };
  },
});
