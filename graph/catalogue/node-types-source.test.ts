import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { compile, moduleOf } from '../../test/support/compile-types.ts';
import { CONTROL_NODE_TYPES } from '../control.ts';
import { nodeType } from '../testing/node-types.ts';
import { nodeTypesSource } from './node-types-source.ts';

const catalogueOf = (...types: ReturnType<typeof nodeType>[]) => ({
  node_types: Object.fromEntries(types.map((type) => [type.type, type])),
});

const DITHER = nodeType(
  'acme:dither',
  {
    image: { type: 'image', description: 'What to dither.' },
    palette: { type: 'string', schema: { enum: ["it's", 'a "b"', 'c\\d'] } },
    levels: { type: 'integer', schema: { default: 4, enum: [2, 4, 8] } },
    weights: { type: 'float[]', schema: { default: [], maxItems: 3 } },
    model: { type: 'model', input: 'direct' },
    noise: { type: 'latents|null', required: false },
    label: { type: 'string|null', schema: { default: null, anyOf: [{ enum: ['a', 'b'] }, { type: 'null' }] } },
  },
  { image: 'image', colors: 'string[]|null' },
);

const from = moduleOf('vocabulary.ts');

test('a runner’s own nodes are added to the built-in ones', () => {
  const faults = compile({
    'my-nodes.ts': nodeTypesSource(catalogueOf(DITHER), { name: 'MyNodes', from }),
    'graph.ts': `
      import { graph } from '${moduleOf('builder.ts')}';
      import type { NodeTypes } from '${moduleOf('node-types.generated.ts')}';
      import type { MyNodes } from './my-nodes.ts';
      const g = graph<NodeTypes & MyNodes>();
      const picture = g.add('load_image', { image: { image_name: 'x' } });
      const { latents } = g.add('i2l', { image: picture.out.image, vae: g.add('main_model_loader', { model: { key: 'x' } }).out.vae }).out;
      const given = { image: picture.out.image, palette: 'it\\'s', model: { key: 'x' } } as const;
      const dithered = g.add('acme:dither', { ...given, levels: 8, weights: [1, 2], noise: latents, label: null });
      g.add('save_image', { image: dithered.out.image });
      g.add('acme:dither', { ...given, palette: 'a "b"', label: 'a' });
      g.add('acme:dither', { ...given, palette: 'c\\\\d' });
      g.add('acme:dither', { ...given, levels: 3 });
      g.add('acme:dither', { ...given, label: 'c' });
      g.add('acme:dither', { ...given, noise: null });
      g.add('save_image', { image: dithered.out.colors });
    `,
  });
  expect(faults.map((fault) => fault.replace(/: Type .*/, ''))).toEqual([
    'graph.ts:13: TS2322',
    'graph.ts:14: TS2322',
    'graph.ts:15: TS2322',
    'graph.ts:16: TS2322',
  ]);
});

test('there is nothing of it when it runs, whatever a description says', () => {
  const hostile = '*/ globalThis.stolen = 1; /* \n */ export const x = 1; // ';
  const text = nodeTypesSource(
    catalogueOf(
      nodeType(
        'evil:node',
        { a: { type: 'integer', description: hostile } },
        { b: 'any' },
        { description: hostile, title: hostile },
      ),
    ),
    { from },
  );
  expect(transformSync(text, { loader: 'ts' }).code).toBe('');
  expect(compile({ 'nodes.ts': text })).toEqual([]);
});

test('says defaults and bounds, not what the type says already', () => {
  const text = nodeTypesSource(catalogueOf(DITHER), { from });
  expect(text).toContain('/** What to dither. */');
  expect(text).toContain('/** integer. Default 4. */\n  levels?: 2 | 4 | 8 | IntoInteger;');
  expect(text).toContain(
    '/** float[]. Default []; at most 3 elements. */\n  weights?: readonly number[] | IntoFloatList;',
  );
  expect(text).toContain('  model: ModelRef | Later;');
  expect(text).toContain("  'acme:dither': {\n    inputs: Acme_DitherInputs;");
});

test('types whose names would meet are told apart, one without inputs takes none, control nodes are methods', () => {
  const types = [nodeType('a:b1', {}, {}), nodeType('a:b_1', {}, {}), nodeType('empty', {}, { value: 'integer' })];
  const text = nodeTypesSource(catalogueOf(...types, ...CONTROL_NODE_TYPES), { from });
  expect(text.match(/export (?:type|interface) \w+/g)).toEqual([
    'export type A_B1Inputs',
    'export type A_B1Inputs2',
    'export type EmptyInputs',
    'export interface NodeTypes',
  ]);
  const use = `import { graph } from '${moduleOf('builder.ts')}';
    import type { NodeTypes } from './nodes.ts';
    const g = graph<NodeTypes>();
    g.add('empty', {});
    g.add('empty', { a: 1 });`;
  expect(compile({ 'nodes.ts': text, 'use.ts': use })).toEqual([expect.stringContaining('use.ts:5: TS2322')]);
});
