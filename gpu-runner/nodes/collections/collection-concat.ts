import { defineNode } from '../define-node.ts';
import { COLLECTION_OUTPUT } from '../outputs.ts';
import { list, refuseLongList } from './list.ts';

export const collectionConcatNode = defineNode({
  type: 'collection_concat',
  version: '1.0.0',
  title: 'Collection Concat',
  category: 'collections',
  description: 'The elements of one collection, then those of another.',
  deterministic: true,
  inputs: { a: list('The first collection.'), b: list('The second collection.') },
  ...COLLECTION_OUTPUT,
  invoke: ({ a, b }) => {
    refuseLongList(a.length + b.length);
    return { collection: a.concat(b) };
  },
});
