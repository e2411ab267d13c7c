import { defineNode } from '../define-node.ts';
import { color } from '../fields.ts';
import { COLOR_OUTPUT } from '../outputs.ts';

export const colorNode = defineNode({
  type: 'color',
  version: '1.0.0',
  title: 'Color Primitive',
  category: 'primitives',
  description: 'A colour.',
  deterministic: true,
  inputs: { color: color({ default: { r: 0, g: 0, b: 0, a: 255 }, description: 'The colour.' }) },
  ...COLOR_OUTPUT,
  invoke: ({ color: { r, g, b, a } }) => ({ color: { r, g, b, a } }),
});
