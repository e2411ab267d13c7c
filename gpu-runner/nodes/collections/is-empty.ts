import { defineNode } from '../define-node.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';
import { list } from './list.ts';

export const isEmptyNode = defineNode({
  type: 'is_empty',
  version: '1.0.0',
  title: 'Is Empty',
  category: 'collections',
  description: 'Whether a collection has no elements.',
  deterministic: true,
  inputs: { collection: list('The collection.') },
  ...BOOLEAN_OUTPUT,
  invoke: ({ collection }) => ({ value: collection.length === 0 }),
});
