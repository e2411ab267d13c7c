import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { INTEGER_COLLECTION_OUTPUT } from '../outputs.ts';
import { progression } from './progression.ts';

export const rangeNode = defineNode({
  type: 'range',
  version: '1.0.0',
  title: 'Integer Range',
  category: 'collections',
  description:
    'Whole numbers from start, up or down to stop, which is not among them. Empty when stop lies the other way.',
  deterministic: true,
  inputs: {
    start: integer({ default: 0, description: 'The first number.' }),
    stop: integer({ default: 10, description: 'Where to end; not among the numbers.' }),
    step: integer({ default: 1, description: 'From one number to the next; below 0 to go down.' }),
  },
  ...INTEGER_COLLECTION_OUTPUT,
  invoke: ({ start, stop, step }) => ({
    collection: progression(start, step, step === 0 ? 0 : Math.max(0, Math.ceil((stop - start) / step))),
  }),
});
