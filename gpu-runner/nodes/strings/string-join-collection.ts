import { strings } from '../collections/list.ts';
import { defineNode } from '../define-node.ts';
import { STRING_OUTPUT } from '../outputs.ts';
import { joined, text } from './text.ts';

export const stringJoinCollectionNode = defineNode({
  type: 'string_join_collection',
  version: '1.0.0',
  title: 'String Join Collection',
  category: 'string',
  description: 'Puts the texts of a list together.',
  deterministic: true,
  inputs: { collection: strings('The texts, in order.'), separator: text('What stands between two of them.') },
  ...STRING_OUTPUT,
  invoke: ({ collection, separator }) => ({ value: joined(collection, separator) }),
});
