import { refuseLongList } from '../collections/list.ts';
import { defineNode } from '../define-node.ts';
import { string } from '../fields.ts';
import { STRING_COLLECTION_OUTPUT } from '../outputs.ts';
import { longText, SEARCH_LENGTH_MAX } from './text.ts';

export const stringSplitAllNode = defineNode({
  type: 'string_split_all',
  version: '1.0.0',
  title: 'String Split All',
  category: 'string',
  description: 'Splits a text wherever the delimiter occurs. The delimiters themselves are dropped.',
  deterministic: true,
  inputs: {
    string: longText('The text to split.'),
    delimiter: string({
      default: ',',
      min_length: 1,
      max_length: SEARCH_LENGTH_MAX,
      description: 'What stands between two parts.',
    }),
  },
  ...STRING_COLLECTION_OUTPUT,
  invoke: ({ string: given, delimiter }) => {
    const collection = given.split(delimiter);
    refuseLongList(collection.length);
    return { collection };
  },
});
