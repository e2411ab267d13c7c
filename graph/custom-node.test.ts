import { expect, test } from 'vitest';
import type { NodeType } from '../contract/graph/catalogue.ts';
import { CUSTOM_NODE_BYTES_MAX } from '../contract/limits.ts';
import { customNodeFaults } from './custom-node.ts';

const SEPIA: NodeType = {
  type: 'acme:sepia',
  version: '1.0.0',
  title: 'Sepia',
  category: 'image',
  deterministic: true,
  inputs: {
    image: { field_type: 'image', input: 'any', required: true, title: 'Image', schema: {} },
    amount: { field_type: 'float', input: 'any', required: false, title: 'Amount', schema: { default: 1, minimum: 0 } },
  },
  output_type: 'image_output',
  outputs: { image: { field_type: 'image', title: 'Image' } },
};

const faultsOf = (change: Partial<NodeType>) => {
  const definition = { ...SEPIA, ...change };
  return customNodeFaults(definition, JSON.stringify(definition), ['nodes', 0]).map((fault) => fault.pointer);
};

const input = (change: object) => ({ inputs: { amount: { ...SEPIA.inputs.amount!, ...change } } });

test('a definition that defineNode would make has none', () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ deterministic: false })).toEqual([]);
});

test.each<[string, Partial<NodeType>, string]>([
  ['a type without a namespace', { type: 'sepia' }, '/nodes/0/type'],
  ['two namespaces', { type: 'acme:old:sepia' }, '/nodes/0/type'],
  ['a type of more than its characters', { type: 'acme:sepía' }, '/nodes/0/type'],
  ['a long type', { type: `acme:${'x'.repeat(128)}` }, '/nodes/0/type'],
  ['a version that reads in two ways', { version: '1.01.0' }, '/nodes/0/version'],
  ['a control node', { control: 'if' }, '/nodes/0/control'],
  ['no title', { title: '' }, '/nodes/0/title'],
  ['no category', { category: '' }, '/nodes/0/category'],
  ['an output type that is no name', { output_type: 'Image' }, '/nodes/0/output_type'],
  ['nothing returned', { outputs: {} }, '/nodes/0/outputs'],
  ['a reserved input', { inputs: { id: SEPIA.inputs.image! } }, '/nodes/0/inputs/id'],
  ['an input that is no name', { inputs: { 'a/b': SEPIA.inputs.image! } }, '/nodes/0/inputs/a~1b'],
  ['an output that is no name', { outputs: { Image: SEPIA.outputs.image! } }, '/nodes/0/outputs/Image'],
  ['latents as a literal', input({ field_type: 'latents', schema: {} }), '/nodes/0/inputs/amount/input'],
  [
    'a keyword outside the subset',
    input({ schema: { anyOf: [{}, { pattern: 'x' }] } }),
    '/nodes/0/inputs/amount/schema/anyOf/1/pattern',
  ],
  [
    'a default that its schema refuses',
    input({ schema: { minimum: 2, default: 1 } }),
    '/nodes/0/inputs/amount/schema/default',
  ],
  [
    'a default that takes long to judge',
    input({
      schema: { items: { anyOf: Array(500).fill({ const: 1 }) }, default: Array(3_000).fill(0) },
    }),
    '/nodes/0/inputs/amount/schema/default',
  ],
  [
    'an ephemeral output of a node that draws lots',
    { deterministic: false, outputs: { latents: { field_type: 'latents', title: 'Latents' } } },
    '/nodes/0/outputs/latents',
  ],
  ['a definition over its size', { description: 'x'.repeat(CUSTOM_NODE_BYTES_MAX) }, '/nodes/0'],
])('%s is a fault at its place', (_, change, pointer) => {
  expect(faultsOf(change)).toEqual([pointer]);
});

test('a definition over its size is not looked into: that would take longer than a request may', () => {
  const schema = { items: { anyOf: Array(5_000).fill({ const: 1 }) }, default: Array(50_000).fill(0) };
  const began = performance.now();
  expect(faultsOf(input({ schema }))).toEqual(['/nodes/0']);
  expect(performance.now() - began).toBeLessThan(2_000);
});
