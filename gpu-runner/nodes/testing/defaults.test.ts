import { expect, it } from 'vitest';
import { defineNode } from '../define-node.ts';
import { color, integer, latents } from '../fields.ts';
import { withDefaults } from './defaults.ts';

const BLACK = { r: 0, g: 0, b: 0, a: 255 };
const node = defineNode({
  type: 'sample',
  version: '1.0.0',
  title: 'Sample',
  category: 'test',
  deterministic: true,
  inputs: {
    needed: integer({}),
    defaulted: color({ default: BLACK }),
    optional: integer({ required: false }),
    connected: latents({ required: false }),
  },
  output_type: 'sample_output',
  outputs: { value: integer({}) },
  invoke: ({ needed }) => ({ value: needed }),
});

it('fills defaults, and null where an input is optional', () => {
  expect(withDefaults(node, { needed: 1 })).toEqual({ needed: 1, defaulted: BLACK, optional: null, connected: null });
  expect(withDefaults(node, { needed: 0, optional: 0, defaulted: null })).toMatchObject({
    optional: 0,
    defaulted: null,
  });
});

it('gives each call its own default', () => {
  const first = withDefaults(node, { needed: 1 }).defaulted as { r: number };
  first.r = 9;
  expect(withDefaults(node, { needed: 1 })).toMatchObject({ defaulted: BLACK });
});

it('refuses a misspelt and a missing input', () => {
  expect(() => withDefaults(node, { needed: 1, option: 2 })).toThrow("node 'sample' has no input 'option'");
  expect(() => withDefaults(node)).toThrow("node 'sample' needs input 'needed'");
});
