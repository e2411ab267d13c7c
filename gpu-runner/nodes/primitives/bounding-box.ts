import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { BOUNDING_BOX_OUTPUT } from '../outputs.ts';

export const boundingBoxNode = defineNode({
  type: 'bounding_box',
  version: '1.0.0',
  title: 'Bounding Box',
  category: 'primitives',
  description: 'A rectangle, by its sides in pixels. The maxima are just outside of it.',
  deterministic: true,
  inputs: {
    x_min: integer({ default: 0, description: 'The left side.' }),
    y_min: integer({ default: 0, description: 'The upper side.' }),
    x_max: integer({ default: 0, description: 'The right side.' }),
    y_max: integer({ default: 0, description: 'The lower side.' }),
  },
  ...BOUNDING_BOX_OUTPUT,
  invoke: ({ x_min, y_min, x_max, y_max }) => {
    if (x_min > x_max) throw new RangeError(`x_min (${x_min}) must not be more than x_max (${x_max})`);
    if (y_min > y_max) throw new RangeError(`y_min (${y_min}) must not be more than y_max (${y_max})`);
    return { bounding_box: { x_min, x_max, y_min, y_max } };
  },
});
