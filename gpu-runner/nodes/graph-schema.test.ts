/** The catalogue as JSON Schema says of a node what the service says of it; ajv reads the one, pinGraph is the other. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { Graph } from '../../contract/graph/graph.ts';
import { ANNOTATIONS, GRAPH_SCHEMA_ID, graphSchema } from '../../graph/catalogue/schema.ts';
import { parseFieldType } from '../../graph/field-type/parse.ts';
import { fitsType } from '../../graph/field-type/value.ts';
import { pinGraph } from '../../graph/validate.ts';
import { catalogueOf } from './catalogue.ts';
import { defineNode } from './define-node.ts';
import type { Field, InputKind } from './fields.ts';
import * as fields from './fields.ts';
import { BUILTIN_NODES } from './registry.ts';

/** As strict as ajv can be: it refuses an unknown keyword or format, and a constraint beside the wrong type. */
const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  discriminator: true,
  ownProperties: true,
  multipleOfPrecision: 9,
  // A pattern beside it says more.
  formats: { 'date-time': true },
}).addVocabulary([...ANNOTATIONS]);

function compile(catalogue: Catalogue): ValidateFunction {
  ajv.removeSchema(GRAPH_SCHEMA_ID);
  return ajv.compile(graphSchema(catalogue));
}

const BUILTIN = catalogueOf(BUILTIN_NODES);

describe('the catalogue as JSON Schema', () => {
  const validate = compile(BUILTIN);
  const nodes = (more: object) => ({ nodes: { sum: { type: 'add', a: 1, ...more } } });

  it('takes a graph, a batch and an enqueue body, each with $schema', () => {
    const graph = nodes({});
    const data = [[{ node_path: 'sum', field_name: 'b', items: [1, 2] }]];
    for (const file of [graph, { graph, data, runs: 2 }, { batch: { graph, data }, prepend: true }]) {
      expect([validate(file), validate({ $schema: 'graph.schema.json', ...file }), validate.errors]).toEqual([
        true,
        true,
        null,
      ]);
    }
  });

  it.each<[string, unknown]>([
    ['no object', []],
    ['neither a graph nor a batch', {}],
    ['an unknown node type', nodes({ type: 'ad' })],
    ['a node without a type', { nodes: { sum: { a: 1 } } }],
    ['an unknown field', nodes({ c: 1 })],
    ['a literal of another type', nodes({ a: '1' })],
    ['a literal beyond what a number holds', nodes({ a: 2 ** 53 })],
    ['a literal where only an edge may be', { nodes: { each: { type: 'iterate', collection: [1] } } }],
    ['null where nothing is meant', nodes({ a: null })],
    ['a version that is none', nodes({ version: '1' })],
    ['an id with a space', { nodes: { 'a sum': { type: 'add' } } }],
    ['an edge without a field', { ...nodes({}), edges: [{ source: { node_id: 'sum' }, destination: {} }] }],
    ['a required literal left out', { nodes: { model: { type: 'main_model_loader' } } }],
    ['a bad node inside a batch', { graph: nodes({ a: '1' }), runs: 1 }],
    ['$schema further in', { graph: { $schema: '', ...nodes({}) } }],
  ])('refuses %s', (_, file) => {
    expect(validate(file)).toBe(false);
  });

  it('names the node type in each definition, with what an editor shows', () => {
    const { $defs } = graphSchema(BUILTIN) as { $defs: Record<string, Record<string, unknown>> };
    const { properties, ...noise } = $defs['node.noise'] as { properties: Record<string, object> };
    expect(noise).toMatchObject({ title: 'Noise', 'x-category': 'latents', 'x-output': { type: 'noise_output' } });
    expect(properties.type).toEqual({ const: 'noise' });
    expect(properties.width).toMatchObject({ title: 'Width', 'x-field-type': 'integer', 'x-input': 'any' });
    for (const type of Object.keys(BUILTIN.node_types)) expect($defs).toHaveProperty([`node.${type}`]);
  });
});

const bound = fc.integer({ min: -2, max: 2 });
const size = fc.integer({ min: 0, max: 2 });
const optional = <Model extends object>(model: { [Key in keyof Model]: fc.Arbitrary<Model[Key]> }) =>
  fc.record(model, { requiredKeys: [] });

const common = fc.record({ required: fc.boolean(), input: fc.constantFrom<InputKind>('any', 'direct', 'connection') });
const fieldOf = <Options extends object>(options: fc.Arbitrary<Options>, make: (options: Options) => Field) =>
  fc.tuple(common, options).map(([shared, own]) => make({ ...shared, ...own }));

const none = fc.constant({});
const element: fc.Arbitrary<Field> = fc.oneof(
  fieldOf(optional({ minimum: bound, exclusive_maximum: bound }), fields.integer),
  fieldOf(optional({ exclusive_minimum: bound, multiple_of: fc.constantFrom(0.5, 0.1) }), fields.float),
  fieldOf(optional({ min_length: size, max_length: size }), fields.string),
  fieldOf(none, (options) => fields.choice(['a', 'ab'], options)),
  fieldOf(none, fields.boolean),
  fieldOf(none, fields.color),
  fieldOf(none, fields.boundingBox),
  fieldOf(none, fields.image),
  fieldOf(none, fields.file),
  fieldOf(none, fields.model),
  fieldOf(none, fields.unet),
  fieldOf(none, fields.any),
);
const field: fc.Arbitrary<Field> = fc.oneof(
  element,
  fc.tuple(element, optional({ min_items: size, max_items: size })).map(([of, options]) => fields.listOf(of, options)),
  element.map((of) => fields.oneOrMany(of, {})),
  fc.constant(fields.integer({ minimum: 1, default: 2 }) as Field),
  fc.constant(fields.latents({ required: false }) as Field),
);

const single = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, 1, -1, 2, 0.5, 0.3, 0.35, 300, '', 'a', 'ab', 'abc', '👍👍👍', {}),
  fc.record({ r: size, g: size, b: size, a: fc.constantFrom(0, 255, 256) }),
  fc.record({ x_min: size, x_max: size, y_min: size, y_max: size, score: fc.constantFrom(null, 0.5, 2, '') }),
  fc.constantFrom({ image_name: 'a' }, { image_name: 1 }, { asset_name: 'a' }, { image_name: 'a', more: 1 }),
  fc.constantFrom({ key: 'tiny' }, { key: '' }, { key: 'tiny', submodel_type: 'unet' }, { key: 'k', hash: 'short' }),
);
const literal = fc.oneof({ weight: 3, arbitrary: single }, fc.array(single, { maxLength: 3 }));

it('of a random node type and random literals, the JSON Schema and the service say the same', () => {
  const seen = { valid: 0, invalid: 0 };
  fc.assert(
    fc.property(
      field,
      fc.array(fc.option(literal, { nil: undefined }), { minLength: 10, maxLength: 20 }),
      (x, literals) => {
        const output = { value: fields.integer({}) };
        const definition = {
          type: 'test:sample',
          version: '1.0.0',
          title: 'Sample',
          category: 'test',
          output_type: 'o',
        };
        const node = defineNode({
          ...{ ...definition, deterministic: true, inputs: { x }, outputs: output },
          invoke: () => ({ value: 1 }),
        });
        const catalogue = { node_types: { 'test:sample': node.definition } };
        const { field_type, input } = node.definition.inputs.x!;
        // Whoever gives nothing may still draw an edge: the schema sees one node at a time.
        const supplied = new Map(input === 'direct' ? [] : [['n', new Set(['x'])]]);
        const validate = compile(catalogue);
        for (const given of literals) {
          // The service reads null as nothing where it can be nothing else.
          if (given === null && !fitsType(parseFieldType(field_type), null)) continue;
          const graph = { nodes: { n: { type: 'test:sample', ...(given !== undefined && { x: given }) } } };
          const agreed = pinGraph(Graph.parse(graph), catalogue, [], supplied).ok;
          expect([given, agreed]).toEqual([given, validate(graph)]);
          seen[agreed ? 'valid' : 'invalid']++;
        }
      },
    ),
    { numRuns: 120 },
  );
  expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(150);
});
