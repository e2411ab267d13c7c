import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { pinGraph } from '../../graph/validate.ts';
import { ImportError } from './import-error.ts';
import { importInvokeai } from './import-invokeai.ts';
import { INVOKEAI_NODES } from './testing/invokeai-nodes.ts';

const CATALOGUE = Catalogue.parse(builtin);

function refusal(document: unknown): ImportError {
  try {
    importInvokeai(document, CATALOGUE);
  } catch (error) {
    expect(error).toBeInstanceOf(ImportError);
    return error as ImportError;
  }
  throw new Error('It was imported.');
}

const circle: Record<string, unknown> = { nodes: {} };
circle.self = circle;
let deep: unknown = 1;
for (let depth = 0; depth < 100_000; depth++) deep = [deep];
const trap = {
  get nodes(): never {
    throw new Error('sprung');
  },
};
const node = { id: 'a', type: 'invocation', data: { type: 'add' } };

test.each([
  ['nothing', undefined, ''],
  ['null', null, ''],
  ['a text', '{"nodes": []}', ''],
  ['a list', [], ''],
  ['another document', { hello: 1 }, ''],
  ['a circle', circle, ''],
  ['a deep one', { nodes: {}, deep }, ''],
  ['a big integer', { nodes: { a: { type: 'add', a: 1n } } }, ''],
  ['a trap', trap, ''],
  ['a prototype', JSON.parse('{"nodes": {"__proto__": {"type": "add"}}}'), '/nodes/__proto__'],
  ['a node that is none', { nodes: { a: 1 } }, '/nodes/a'],
  ['a node without a type', { nodes: { 'a/b': {} } }, '/nodes/a~1b/type'],
  ['an edge that is none', { nodes: {}, edges: [1] }, '/edges/0'],
  ['an edge without an end', { nodes: {}, edges: [{ source: { node_id: 'a', field: 'b' } }] }, '/edges/0'],
  ['edges that are no list', { nodes: {}, edges: {} }, '/edges'],
  ['too many nodes', { nodes: Array.from({ length: 5_001 }, () => node) }, '/nodes'],
  ['two nodes of one id', { nodes: [node, node] }, '/nodes/1/id'],
  ['a node of the editor without data', { nodes: [{ id: 'a', type: 'invocation' }] }, '/nodes/0/data'],
  ['inputs that are none', { nodes: [{ ...node, data: { type: 'add', inputs: [] } }] }, '/nodes/0/data/inputs'],
  [
    'an input that is none',
    { nodes: [{ ...node, data: { type: 'add', inputs: { a: 1 } } }] },
    '/nodes/0/data/inputs/a',
  ],
  ['data that are none', { batch: { graph: { nodes: {} }, data: {} } }, '/batch/data'],
  [
    'a datum without items',
    { graph: { nodes: {} }, data: [[{ node_path: 'a', field_name: 'b', items: 1 }]] },
    '/data/0/0/items',
  ],
  ['runs that are none', { graph: { nodes: {} }, runs: 0.5 }, '/runs'],
])('%s is refused by its place', (_, document, pointer) => {
  const error = refusal(document);
  expect(error.pointer.startsWith(pointer)).toBe(true);
  if (pointer !== '') expect(error.pointer).toBe(pointer);
});

test('a graph of more faults than can be taken out is refused, and never called valid', () => {
  const circles = Array.from({ length: 40 }, (_, index) => [`a${index}`, `b${index}`] as const);
  const edge = (from: string, to: string) => ({
    source: { node_id: from, field: 'value' },
    destination: { node_id: to, field: 'a' },
  });
  const nodes = Object.fromEntries(circles.flat().map((id) => [id, { type: 'add' }]));
  const edges = circles.flatMap(([a, b]) => [edge(a, b), edge(b, a)]);
  expect(refusal({ nodes, edges }).message).toContain('more faults');
  expect(importInvokeai({ nodes, edges: edges.slice(0, 6) }, CATALOGUE).unmapped).toHaveLength(3);
});

/** Names that documents have, names that every object has, and others. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'image', 'model', 'unet', 'value', 'collection', 'constructor', 'toString'),
  fc.string({ maxLength: 6 }),
);
const type = fc.oneof(
  fc.constantFrom(...Object.keys(INVOKEAI_NODES), 'lora_loader', 'seamless', 'core_metadata', 'controlnet', 'esrgan'),
  fc.constantFrom(
    'string_batch',
    'integer_generator',
    'integer_batch',
    'prompt_from_file',
    'model_identifier',
    'mystery',
  ),
);
const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant({ image_name: 'x.png' }), fc.constant({ name: 'm' }));
const editorNode = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  type: fc.constantFrom('invocation', 'invocation', 'invocation', 'connector', 'notes'),
  data: fc.record({
    type,
    label: name,
    inputs: fc.dictionary(name, fc.record({ value })),
    isIntermediate: fc.boolean(),
  }),
});
const port = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'z');
const handle = fc.oneof(
  name,
  fc.constantFrom('clip', 'in', 'out', 'latents', 'integers', 'item', 'metadata', 'control'),
);
const editorEdge = fc.record({
  type: fc.constant('default'),
  source: port,
  sourceHandle: handle,
  target: port,
  targetHandle: handle,
});
const workflow = fc.record({
  nodes: fc.uniqueArray(editorNode, { selector: ({ id }) => id, maxLength: 5 }),
  edges: fc.array(editorEdge, { maxLength: 12 }),
});

test('whatever a file holds, it is refused by its place or imported, and valid unless something required is listed', () => {
  const read = (document: unknown) => {
    try {
      return importInvokeai(document, CATALOGUE, { models: { m: 'tiny-diffusion' }, readable_ids: true });
    } catch (error) {
      expect(error).toBeInstanceOf(ImportError);
      return null;
    }
  };
  let valid = 0;
  fc.assert(
    fc.property(fc.oneof({ arbitrary: workflow, weight: 9 }, { arbitrary: fc.jsonValue(), weight: 1 }), (document) => {
      const result = read(document);
      if (result === null || result.unmapped.some(({ required }) => required)) return;
      const supplied = new Map(
        (result.data ?? []).flat().map(({ node_path, field_name }) => [node_path, new Set([field_name])]),
      );
      expect(pinGraph(result.graph, CATALOGUE, [], supplied)).toMatchObject({ ok: true });
      if (Object.keys(result.graph.nodes).length > 0) valid++;
    }),
    { numRuns: 1_500 },
  );
  expect(valid).toBeGreaterThan(50);
});
