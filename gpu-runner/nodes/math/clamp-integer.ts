import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';

export const clampIntegerNode = defineNode({
  type: 'clamp_integer',
  version: '1.0.0',
  title: 'Clamp Integer',
  category: 'math',
  description: 'The number itself where it is between the bounds, else the bound that is nearer.',
  deterministic: true,
  inputs: {
    value: integer({ default: 0, description: 'The number.' }),
    minimum: integer({ default: 0, description: 'The least that comes out.' }),
    maximum: integer({ default: 1, description: 'The most that comes out.' }),
  },
  ...INTEGER_OUTPUT,
  invoke: ({ value, minimum, maximum }) => {
    if (minimum > maximum) throw new RangeError(`minimum (${minimum}) must not be more than maximum (${maximum})`);
    return { value: Math.min(Math.max(value, minimum), maximum) };
  },
});
