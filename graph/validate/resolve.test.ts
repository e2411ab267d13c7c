import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph, GraphEdge } from '../../contract/graph/graph.ts';
import { graphOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { anyGraph } from '../testing/random-graph.ts';
import { pinGraph } from '../validate.ts';
import { resolveOutlets } from './resolve.ts';

const outlets = (graph: Graph) => Object.fromEntries(resolveOutlets(graph, TEST_CATALOGUE));

const iterate = { type: 'iterate' };
const collect = { type: 'collect' };
const choose = { type: 'if' };

describe('resolveOutlets', () => {
  test('follows chains of control nodes, whatever the order of nodes and edges', () => {
    const nodes = { col2: collect, f: choose, it: iterate, col: collect, t: { type: 'text_to_image' } };
    const edges = [
      'f.value > col2.item',
      'it.item > f.true_input',
      'col.collection > it.collection',
      't.image > col.item',
    ];
    const resolved = { col: 'image[]', it: 'image', f: 'image|null', col2: 'image[]' };
    expect(outlets(graphOf(nodes, ...edges))).toEqual(resolved);
    expect(outlets(graphOf(nodes, ...edges.reverse()))).toEqual(resolved);
  });

  test('knows lists of lists, and their elements', () => {
    const graph = graphOf(
      { r: { type: 'range', stop: 1 }, a: collect, b: collect, it: iterate, it2: iterate },
      'r.collection > a.item',
      'a.collection > b.item',
      'b.collection > it.collection',
      'it.item > it2.collection',
    );
    expect(outlets(graph)).toEqual({
      a: 'integer[][]',
      b: 'integer[][][]',
      it: 'integer[][]',
      it2: 'integer[]',
    });
  });

  test('takes the widest number, the named type before any, and any alone', () => {
    const nodes = {
      b: { type: 'boolean' },
      i: { type: 'integer' },
      f: { type: 'floats' },
      a: { type: 'any' },
      numbers: collect,
      named: collect,
      any: collect,
    };
    const graph = graphOf(
      nodes,
      'b.value > numbers.item',
      'f.collection > numbers.collection',
      'i.value > numbers.item',
      'a.value > named.item',
      'i.value > named.item',
      'a.value > any.item',
    );
    expect(outlets(graph)).toEqual({ numbers: 'float[]', named: 'integer[]', any: 'any[]' });
  });

  test('an if gives either branch, a literal by its kind, and null for nothing', () => {
    const graph = graphOf(
      { n: { type: 'noise' }, both: { ...choose, false_input: 'x' }, one: choose, none: choose },
      'n.noise > both.true_input',
      'n.width > one.false_input',
    );
    expect(outlets(graph)).toEqual({ both: 'string|latents', one: 'integer|null', none: 'null' });
  });

  test('leaves out what cannot be known, and judges nothing by it', () => {
    const graph = graphOf(
      { x: { type: 'nope' }, it: iterate, lone: iterate, f: choose, g: choose, add: { type: 'add' } },
      'x.value > it.collection',
      'it.item > add.a',
      'lone.item > add.b',
      'f.value > g.true_input',
      'g.value > f.true_input',
    );
    expect(outlets(graph)).toEqual({});
    const result = pinGraph(graph, TEST_CATALOGUE, []);
    expect(!result.ok && result.faults.map(({ code }) => code)).toEqual(['unknown_node_type', 'missing', 'cycle']);
  });
});

test('of any graph, what is resolved does not depend on the order of its edges', () => {
  const shuffled = anyGraph.chain((graph) =>
    fc.tuple(fc.constant(graph), fc.shuffledSubarray(graph.edges, { minLength: graph.edges.length })),
  );
  fc.assert(
    fc.property(shuffled, ([graph, edges]: [Graph, GraphEdge[]]) => {
      expect(outlets({ ...graph, edges })).toEqual(outlets(graph));
    }),
    { numRuns: 300 },
  );
});

test('[G36] any graph whatsoever is judged without an exception', () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const result = pinGraph(graph, TEST_CATALOGUE, []);
      if (result.ok) expect(result.graph.edges).toEqual(graph.edges);
      else expect(result.faults.length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});
