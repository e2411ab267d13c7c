import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { ANY_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';

export const collectionItemNode = defineNode({
  type: 'collection_item',
  version: '1.0.0',
  title: 'Collection Item',
  category: 'collections',
  description: 'One element of a collection.',
  deterministic: true,
  inputs: {
    collection: list('The collection.'),
    index: integer({ default: 0, description: 'Which one: from 0, or from the end as −1, −2 and so on.' }),
  },
  ...ANY_OUTPUT,
  invoke: ({ collection, index }) => {
    const at = index < 0 ? index + collection.length : index;
    if (at < 0 || at >= collection.length)
      throw new RangeError(`there is no element ${index}: the collection has ${collection.length}`);
    return { value: collection[at] };
  },
});
