import { defineNode } from '../define-node.ts';
import { COLLECTION_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';
import { valueKey } from './value-key.ts';

export const collectionUniqueNode = defineNode({
  type: 'collection_unique',
  version: '1.0.0',
  title: 'Collection Unique',
  category: 'collections',
  description: 'A collection without repetitions: of equal elements the first stays.',
  deterministic: true,
  inputs: { collection: list('The collection.') },
  ...COLLECTION_OUTPUT,
  invoke: ({ collection }) => {
    const first = new Map<string, unknown>();
    for (const element of collection) {
      const key = valueKey(element);
      if (!first.has(key)) first.set(key, element);
    }
    return { collection: Array.from(first.values()) };
  },
});
