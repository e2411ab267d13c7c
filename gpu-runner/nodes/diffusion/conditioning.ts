import { defineNode } from '../define-node.ts';
import { conditioning } from '../fields.ts';
import { CONDITIONING_OUTPUT } from '../outputs.ts';

export const conditioningNode = defineNode({
  type: 'conditioning',
  version: '1.0.0',
  title: 'Conditioning Primitive',
  category: 'primitives',
  description: 'Passes an encoded prompt on.',
  deterministic: true,
  inputs: { conditioning: conditioning({ description: 'The encoded prompt.' }) },
  ...CONDITIONING_OUTPUT,
  invoke: ({ conditioning: given }) => ({ conditioning: given }),
});
