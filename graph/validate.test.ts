import { describe, expect, test } from 'vitest';
import { Graph, PinnedGraph } from '../contract/graph/graph.ts';
import { graphOf, pinnedOf } from './testing/graph-builder.ts';
import { TEST_CATALOGUE } from './testing/node-types.ts';
import { pinGraph } from './validate.ts';

const BASE = ['batch', 'graph'];

const faultsOf = (graph: Graph, catalogue = TEST_CATALOGUE) => {
  const result = pinGraph(graph, catalogue, BASE);
  return result.ok ? [] : result.faults;
};
const places = (graph: Graph, catalogue = TEST_CATALOGUE) =>
  faultsOf(graph, catalogue).map(({ pointer, code }) => `${code} ${pointer.replace('/batch/graph', '')}`);

const image = { image_name: 'x' };

describe('pinGraph pins', () => {
  test('defaults, versions, the engine, and submitted order', () => {
    const pinned = pinnedOf(
      graphOf(
        { z: { type: 'noise', seed: 7 }, a: { type: 'denoise', is_intermediate: true, use_cache: false } },
        'z.noise > a.noise',
      ),
    );
    expect(pinned).toEqual({
      engine: 1,
      types: { noise: '1.0.0', denoise: '1.0.0' },
      nodes: [
        { id: 'z', type: 'noise', is_intermediate: false, use_cache: true, seed: 7, width: 512 },
        { id: 'a', type: 'denoise', is_intermediate: true, use_cache: false, steps: 10 },
      ],
      edges: [{ source: { node_id: 'z', field: 'noise' }, destination: { node_id: 'a', field: 'noise' } }],
    });
  });

  test('[G38] what it pinned, through JSON, unchanged', () => {
    const pinned = pinnedOf(graphOf({ a: { type: 'integer', value: 1 }, b: { type: 'add' } }, 'a.value > b.a'));
    expect(PinnedGraph.parse(JSON.parse(JSON.stringify(pinned)))).toEqual(pinned);
  });

  test('an edge before a literal: the literal is dropped, whatever it is', () => {
    const pinned = pinnedOf(
      graphOf({ a: { type: 'integer' }, b: { type: 'add', a: 'not a number' } }, 'a.value > b.a'),
    );
    expect(pinned.nodes[1]).toEqual({ id: 'b', type: 'add', is_intermediate: false, use_cache: true, b: 0 });
  });

  test('null as nothing where the type has no null, and as a value where it has', () => {
    const pinned = pinnedOf(
      graphOf({ a: { type: 'add', a: null }, b: { type: 'image_to_image', image, prompt: null } }),
    );
    expect(pinned.nodes[0]).toMatchObject({ a: 0, b: 0 });
    expect(pinned.nodes[1]).toMatchObject({ prompt: null });
  });

  test('the id from the key where the node has none', () => {
    const graph = Graph.parse({ nodes: { a: { type: 'integer' } } });
    expect(pinnedOf(graph).nodes[0]?.id).toBe('a');
  });

  test('[G35] a graph without edges, and one without nodes', () => {
    expect(places(graphOf({ a: { type: 'integer' }, b: { type: 'integer' } }))).toEqual([]);
    expect(places(graphOf({}))).toEqual([]);
  });

  test('a node without a field that the batch supplies', () => {
    const graph = graphOf({ p: { type: 'prompt' } });
    const supplied = new Map([['p', new Set(['prompt'])]]);
    expect(places(graph)).toEqual(['missing /nodes/p/prompt']);
    expect(pinGraph(graph, TEST_CATALOGUE, BASE, supplied).ok).toBe(true);
  });
});

describe('pinGraph refuses a node', () => {
  test.each<[what: string, graph: Graph, faults: string[]]>([
    ['whose key is not its id', graphOf({ a: { type: 'integer', id: 'b' } }), ['id_mismatch /nodes/a/id']],
    ['of an unknown type', graphOf({ a: { type: 'intger' } }), ['unknown_node_type /nodes/a/type']],
    ['of a type that an object inherits', graphOf({ a: { type: 'constructor' } }), ['unknown_node_type /nodes/a/type']],
    ['with an unknown field', graphOf({ a: { type: 'integer', val: 1 } }), ['unknown_field /nodes/a/val']],
    [
      'with a field that an object inherits',
      graphOf({ a: { type: 'integer', toString: 1 } }),
      ['unknown_field /nodes/a/toString'],
    ],
    ['without a required value', graphOf({ 'a.b': { type: 'prompt' } }), ['missing /nodes/a.b/prompt']],
    ['without a required edge', graphOf({ a: { type: 'denoise' } }), ['missing /nodes/a/noise']],
    [
      'with a literal in a connection',
      graphOf({ a: { type: 'latents_to_image', latents: {} } }),
      ['invalid_value /nodes/a/latents'],
    ],
    [
      'with a literal of the wrong type',
      graphOf({ a: { type: 'integer', value: '1' } }),
      ['invalid_type /nodes/a/value'],
    ],
    [
      'with a literal outside the constraints',
      graphOf({ a: { type: 'noise', seed: -1, width: 9 } }),
      ['invalid_value /nodes/a/seed', 'invalid_value /nodes/a/width'],
    ],
    [
      'with a fault deep in a literal',
      graphOf({ a: { type: 'integers', collection: [1, 'x'] } }),
      ['invalid_type /nodes/a/collection/1'],
    ],
    [
      "with a literal without its type's form",
      graphOf({ a: { type: 'color', color: 'red' } }),
      ['invalid_type /nodes/a/color'],
    ],
  ])('%s', (_, graph, faults) => {
    expect(places(graph)).toEqual(faults);
  });

  test('and says what to do', () => {
    const details = (graph: Graph) => faultsOf(graph).map(({ detail }) => detail);
    expect(details(graphOf({ a: { type: 'intger' } }))).toEqual([
      'There is no node type "intger". Did you mean "integer"?',
    ]);
    expect(details(graphOf({ a: { type: 'noise', sed: 1 } }))).toEqual([
      'The node type "noise" has no field "sed". Did you mean "seed"?',
    ]);
    expect(details(graphOf({ a: { type: 'denoise' } }))).toEqual(['"noise" (latents) is required: add an edge to it.']);
  });
});

describe('pinGraph refuses an edge', () => {
  const two = { a: { type: 'integer' }, b: { type: 'add' } };
  test.each<[what: string, graph: Graph, faults: string[]]>([
    ['[G18] [G35] from a missing node', graphOf(two, 'x.value > b.a'), ['unknown_node /edges/0/source/node_id']],
    ['[G18] [G35] to a missing node', graphOf(two, 'a.value > x.a'), ['unknown_node /edges/0/destination/node_id']],
    [
      'to a node that an object inherits',
      graphOf(two, 'a.value > constructor.a'),
      ['unknown_node /edges/0/destination/node_id'],
    ],
    ['[G15] from a missing output', graphOf(two, 'a.val > b.a'), ['unknown_field /edges/0/source/field']],
    ['[G15] to a missing input', graphOf(two, 'a.value > b.c'), ['unknown_field /edges/0/destination/field']],
    ['to a common field', graphOf(two, 'a.value > b.use_cache'), ['unknown_field /edges/0/destination/field']],
    [
      '[G18] to an occupied input',
      graphOf({ ...two, c: { type: 'integer' } }, 'a.value > b.a', 'c.value > b.a'),
      ['edge_occupied /edges/1/destination/field'],
    ],
    ['[G18] that stands twice', graphOf(two, 'a.value > b.a', 'a.value > b.a'), ['edge_duplicate /edges/1']],
    [
      '[G18] [G35] of mismatched types',
      graphOf({ a: { type: 'text_to_image' }, b: { type: 'add' } }, 'a.image > b.a'),
      ['edge_type_mismatch /edges/0/destination/field'],
    ],
    [
      '[G31] of float to integer',
      graphOf({ a: { type: 'float' }, b: { type: 'add' } }, 'a.value > b.a'),
      ['edge_type_mismatch /edges/0/destination/field'],
    ],
    [
      'to a field of literals only',
      graphOf({ a: { type: 'any', value: 1 }, b: { type: 'noise' } }, 'a.value > b.model'),
      ['edge_not_allowed /edges/0/destination/field'],
    ],
    ['[G18] to itself', graphOf({ a: { type: 'add' } }, 'a.value > a.a'), ['cycle /edges/0']],
  ])('%s', (_, graph, faults) => {
    expect(places(graph)).toEqual(faults);
  });

  test('[G15] [G31] but not one that fits', () => {
    expect(
      places(graphOf({ a: { type: 'text_to_image' }, b: { type: 'image_to_image' } }, 'a.image > b.image')),
    ).toEqual([]);
    expect(places(graphOf({ a: { type: 'integer' }, b: { type: 'float' } }, 'a.value > b.value'))).toEqual([]);
  });

  test('[G18] [G35] in a cycle of three, and names its nodes in order', () => {
    const add = { type: 'add' };
    const graph = graphOf(
      { start: add, a: add, b: add, c: add, end: add },
      'start.value > a.a',
      'a.value > b.a',
      'b.value > c.a',
      'c.value > a.b',
      'c.value > end.a',
    );
    const [fault, ...others] = faultsOf(graph);
    expect(others).toEqual([]);
    expect(fault?.code).toBe('cycle');
    expect(fault?.detail).toMatch(/"a" → "b" → "c" → "a"|"b" → "c" → "a" → "b"|"c" → "a" → "b" → "c"/);
  });

  test('and names both types of a mismatch', () => {
    const [fault] = faultsOf(graphOf({ a: { type: 'text_to_image' }, b: { type: 'add' } }, 'a.image > b.a'));
    expect(fault?.detail).toBe('"a.image" gives image, but "b.a" takes integer; connect an output that fits.');
  });
});

describe('pinGraph', () => {
  test('[G36] reports every fault at once, nodes first, and never throws', () => {
    const graph = graphOf(
      { a: { type: 'nope' }, b: { type: 'add', a: 'x', b: true }, c: { type: 'prompt' } },
      'a.value > b.a',
      'b.value > zz.a',
      'b.nope > c.prompt',
    );
    expect(places(graph)).toEqual([
      'unknown_node_type /nodes/a/type',
      'invalid_type /nodes/b/b',
      'unknown_node /edges/1/destination/node_id',
      'unknown_field /edges/2/source/field',
    ]);
  });
});
