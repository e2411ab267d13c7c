import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { NodeType } from '../../contract/graph/catalogue.ts';
import { CONTROL_NODE_TYPES } from '../../graph/control.ts';
import { outsideSubset } from '../../graph/schema/subset.ts';
import { catalogueOf } from './catalogue.ts';
import { defineNode, NodeDefinitionError, type NodeSpec } from './define-node.ts';
import { boolean, choice, type Field, float, image, integer, latents, listOf, model, string } from './fields.ts';
import { BUILTIN_NODES, nodesByType } from './registry.ts';
import { testContext } from './testing/context.ts';

const spec = {
  type: 'sample',
  version: '1.2.3',
  title: 'Sample',
  category: 'test',
  deterministic: true,
  inputs: { value: integer({}) },
  output_type: 'sample_output',
  outputs: { value: integer({}) },
  invoke: ({ value }: { value: number }) => ({ value }),
};

/** What a node written in JavaScript could pass. */
const define = (change: object) =>
  defineNode({ ...spec, ...change } as NodeSpec<Record<string, Field>, Record<string, Field>>);

describe('a node definition', () => {
  it('[G40] exposes title, category and version', () => {
    const { definition } = define({ description: 'What it does.' });
    expect(NodeType.parse(definition)).toEqual(definition);
    expect(definition).toMatchObject({ type: 'sample', version: '1.2.3', title: 'Sample', category: 'test' });
  });

  it.each([
    ['a version that is not semantic', { version: '1.0' }, /version '1.0' is not semantic/],
    ['a missing invoke', { invoke: undefined }, /invoke is missing/],
    [
      'outputs that are no fields',
      { outputs: { value: { type: 'integer' } } },
      /output 'value' is not made by a field/,
    ],
    ['no outputs', { outputs: {} }, /outputs is empty/],
    ['no output type', { output_type: '' }, /output_type '' is not a type name/],
    ['a type with spaces', { type: 'My Node' }, /type is lower-case/],
    ['an input named as a common field', { inputs: { use_cache: boolean({}) } }, /'use_cache' is a reserved name/],
    ['an output named as a common field', { outputs: { type: string({}) } }, /'type' is a reserved name/],
    ['a name that reaches a prototype', { inputs: { ['__proto__']: integer({}) } }, /'__proto__' is a reserved name/],
    ['a field name in upper case', { inputs: { Value: integer({}) } }, /'Value' is not a field name/],
    [
      'a default outside its constraints',
      { inputs: { value: integer({ minimum: 1, default: 0 }) } },
      /input 'value': /,
    ],
  ])('[G40] refuses %s', (_, change, message) => {
    expect(() => define(change)).toThrow(NodeDefinitionError);
    expect(() => define(change)).toThrow(message);
  });

  it('refuses what the catalogue cannot say', () => {
    const literal = z.string().regex(/^a+$/);
    expect(() => define({ inputs: { value: { ...string({}), literal } } })).toThrow(/input 'value': .*pattern/);
    expect(() => define({ inputs: { value: { ...string({}), literal: z.date() } } })).toThrow(/has no JSON Schema/);
  });

  it('refuses ephemeral outputs of a node that is not deterministic', () => {
    const change = { deterministic: false, outputs: { latents: latents({}) } };
    expect(() => define(change)).toThrow(/output 'latents' is ephemeral/);
    expect(() => define({ ...change, deterministic: true })).not.toThrow();
  });

  it('names every fault at once', () => {
    expect(() => define({ version: 'x', invoke: undefined })).toThrow(/version.*invoke/);
  });

  it('says constraints, defaults and kinds of input in the catalogue', () => {
    const { inputs } = defineNode({
      ...spec,
      inputs: {
        value: integer({ minimum: 8, maximum: 64, multiple_of: 8, default: 16 }),
        ratio: float({ exclusive_minimum: 0, required: false }),
        mode: choice(['a', 'b'], { input: 'direct' }),
        pictures: listOf(image({}), { min_items: 1 }),
        start: latents({ required: false }),
        model: model({ input: 'direct', title: 'Main Model' }),
      },
      invoke: () => ({ value: 1 }),
    }).definition;
    expect(inputs.value).toEqual({
      field_type: 'integer',
      input: 'any',
      required: false,
      title: 'Value',
      schema: { type: 'integer', minimum: 8, maximum: 64, multipleOf: 8, default: 16 },
    });
    expect(inputs.ratio).toMatchObject({ field_type: 'float|null', required: false, schema: { default: null } });
    expect(inputs.mode).toMatchObject({ input: 'direct', required: true, schema: { enum: ['a', 'b'] } });
    expect(inputs.pictures).toMatchObject({ field_type: 'image[]', schema: { minItems: 1, type: 'array' } });
    expect(inputs.start).toMatchObject({
      field_type: 'latents|null',
      input: 'connection',
      required: false,
      schema: {},
    });
    expect(inputs.model).toMatchObject({ field_type: 'model', title: 'Main Model', schema: { required: ['key'] } });
  });

  it('says what its author wrote for people, and derives the titles that were left out', () => {
    const ui = { component: 'textarea' };
    const { inputs, outputs } = define({
      inputs: { first_prompt: string({ description: 'What to draw.', ui }), other: string({ title: 'Or Else' }) },
      outputs: { value: integer({ description: 'How much.' }), in_pixels: integer({}) },
    }).definition;
    expect(inputs.first_prompt).toMatchObject({ title: 'First Prompt', description: 'What to draw.', ui });
    expect(inputs.other).toEqual({
      ...{ field_type: 'string', input: 'any', required: true, title: 'Or Else', schema: { type: 'string' } },
    });
    expect(outputs.value).toEqual({ field_type: 'integer', title: 'Value', description: 'How much.' });
    expect(outputs.in_pixels).toEqual({ field_type: 'integer', title: 'In Pixels' });
  });

  it('gives invoke the types that its fields say', () => {
    defineNode({
      ...spec,
      inputs: {
        required: integer({}),
        defaulted: string({ default: '' }),
        optional: float({ required: false }),
        mode: choice(['a', 'b'], {}),
        pictures: listOf(image({}), {}),
      },
      invoke: (inputs) => {
        expectTypeOf(inputs.required).toEqualTypeOf<number>();
        expectTypeOf(inputs.defaulted).toEqualTypeOf<string>();
        expectTypeOf(inputs.optional).toEqualTypeOf<number | null>();
        expectTypeOf(inputs.mode).toEqualTypeOf<'a' | 'b'>();
        expectTypeOf(inputs.pictures).toEqualTypeOf<{ image_name: string }[]>();
        return { value: 1 };
      },
    });
  });

  it('hands null to invoke for an optional input that nothing fills', async () => {
    const node = defineNode({
      ...spec,
      inputs: { value: integer({ required: false }) },
      invoke: ({ value }) => ({ value: value ?? -1 }),
    });
    expect(await testContext().run(node, {})).toEqual({ value: -1 });
  });

  it('refuses a return without a declared output', async () => {
    const node = define({ invoke: () => ({}) });
    await expect(testContext().run(node, { value: 1 })).rejects.toThrow(/returned nothing for output 'value'/);
  });
});

describe('the catalogue', () => {
  it('[G39] has a schema for every node, within the subset that both sides evaluate', () => {
    const { node_types } = catalogueOf(BUILTIN_NODES);
    expect(Object.keys(node_types)).toHaveLength(BUILTIN_NODES.size + CONTROL_NODE_TYPES.length);
    for (const { inputs } of Object.values(node_types)) {
      for (const { schema } of Object.values(inputs)) expect(outsideSubset(schema)).toEqual([]);
    }
  });

  it.each(Object.values(catalogueOf(BUILTIN_NODES).node_types))('says what $type is, takes and gives', (nodeType) => {
    const fields = [...Object.entries(nodeType.inputs), ...Object.entries(nodeType.outputs)];
    for (const [name, { title, description }] of [['the node', nodeType] as const, ...fields]) {
      expect([name, title]).toEqual([name, expect.stringMatching(/^\S.*\S$|^\S$/)]);
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z0-9"].*\.$/s)]);
    }
  });

  it('refuses two nodes of one type', () => {
    expect(() => nodesByType([define({}), define({ version: '2.0.0' })])).toThrow(/two nodes are of type 'sample'/);
  });
});
