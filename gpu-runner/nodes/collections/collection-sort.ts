import { defineNode } from '../define-node.ts';
import { boolean } from '../fields.ts';
import { COLLECTION_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';

/** Throws a TypeError when they are neither all numbers nor all texts: nothing says which would come first. */
function inOrder(elements: readonly unknown[]): unknown[] {
  if (elements.every((element) => typeof element === 'number')) return elements.toSorted((a, b) => a - b);
  if (elements.every((element) => typeof element === 'string')) return elements.toSorted();
  throw new TypeError('the collection is neither all numbers nor all texts: only those have an order');
}

export const collectionSortNode = defineNode({
  type: 'collection_sort',
  version: '1.0.0',
  title: 'Collection Sort',
  category: 'collections',
  description: 'Numbers from the least, or texts by their characters\' codes, as "B" before "a".',
  deterministic: true,
  inputs: {
    collection: list('The collection: all numbers or all texts.'),
    descending: boolean({ default: false, description: 'Whether the greatest comes first.' }),
  },
  ...COLLECTION_OUTPUT,
  invoke: ({ collection, descending }) => {
    const sorted = inOrder(collection);
    return { collection: descending ? sorted.reverse() : sorted };
  },
});
