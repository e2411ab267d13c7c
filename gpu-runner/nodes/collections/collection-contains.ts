import { defineNode } from '../define-node.ts';
import { any } from '../fields.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';
import { valueKey } from './value-key.ts';

export const collectionContainsNode = defineNode({
  type: 'collection_contains',
  version: '1.0.0',
  title: 'Collection Contains',
  category: 'collections',
  description: 'Whether a collection has an element that equals a value.',
  deterministic: true,
  inputs: { collection: list('The collection.'), item: any({ description: 'The value to look for.' }) },
  ...BOOLEAN_OUTPUT,
  invoke: ({ collection, item }) => {
    const key = valueKey(item);
    return { value: collection.some((element) => valueKey(element) === key) };
  },
});
