import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { COLLECTION_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';

export const collectionSliceNode = defineNode({
  type: 'collection_slice',
  version: '1.0.0',
  title: 'Collection Slice',
  category: 'collections',
  description: 'A part of a collection, by places as in Python. Places beyond its ends mean its ends.',
  deterministic: true,
  inputs: {
    collection: list('The collection.'),
    start: integer({ default: 0, description: 'The first to take: from 0, or from the end as −1, −2 and so on.' }),
    stop: integer({ required: false, description: 'Where to end; not taken. The end of the collection when absent.' }),
    step: integer({ default: 1, minimum: 1, description: '1 to take each of them, 2 every second one, and so on.' }),
  },
  ...COLLECTION_OUTPUT,
  invoke: ({ collection, start, stop, step }) => ({
    collection: collection.slice(start, stop ?? undefined).filter((_, index) => index % step === 0),
  }),
});
