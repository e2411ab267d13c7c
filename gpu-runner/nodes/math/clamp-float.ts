import { defineNode } from '../define-node.ts';
import { float } from '../fields.ts';
import { FLOAT_OUTPUT } from '../outputs.ts';

export const clampFloatNode = defineNode({
  type: 'clamp_float',
  version: '1.0.0',
  title: 'Clamp Float',
  category: 'math',
  description: 'The number itself where it is between the bounds, else the bound that is nearer.',
  deterministic: true,
  inputs: {
    value: float({ default: 0, description: 'The number.' }),
    minimum: float({ default: 0, description: 'The least that comes out.' }),
    maximum: float({ default: 1, description: 'The most that comes out.' }),
  },
  ...FLOAT_OUTPUT,
  invoke: ({ value, minimum, maximum }) => {
    if (minimum > maximum) throw new RangeError(`minimum (${minimum}) must not be more than maximum (${maximum})`);
    return { value: Math.min(Math.max(value, minimum), maximum) };
  },
});
