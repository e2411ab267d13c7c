import { describe, expect, test } from 'vitest';
import { zodFaults } from '../../contract/error/faults.ts';
import { checkJson } from '../../contract/error/json-check.ts';
import { FIELD_TYPE_NAMES } from '../../contract/graph/field-type.ts';
import { Graph, type GraphEdge } from '../../contract/graph/graph.ts';
import { GRAPH_EDGES_MAX, GRAPH_NODES_MAX } from '../../contract/limits.ts';
import { FAULTS_KEPT_MAX } from '../faults.ts';
import { graphOf } from '../testing/graph-builder.ts';
import { catalogueOf, nodeType, TEST_CATALOGUE } from '../testing/node-types.ts';
import { pinGraph } from '../validate.ts';
import { ResolvedGraph } from './resolve.ts';
import { shapeOf } from './shape.ts';

const faultsOf = (graph: Graph) => {
  const result = pinGraph(graph, TEST_CATALOGUE, []);
  return result.ok ? [] : result.faults;
};
const places = (graph: Graph) => faultsOf(graph).map(({ pointer, code }) => `${code} ${pointer}`);

describe('pinGraph, of a hostile or huge request,', () => {
  test('refuses __proto__ as a node id, and is not harmed by it', () => {
    const request = JSON.parse('{"nodes": {"__proto__": {"type": "integer", "value": 1}}, "edges": []}');
    expect(checkJson(request).map(({ code }) => code)).toEqual(['forbidden_key']);
    const parsed = Graph.safeParse(request);
    if (!parsed.success) expect(zodFaults(parsed.error).length).toBeGreaterThan(0);
    const result = pinGraph(request, TEST_CATALOGUE, []);
    expect(result.ok && result.graph.nodes.map(({ id }) => id)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).value).toBeUndefined();
    expect(places(JSON.parse('{"nodes": {"a": {"type": "__proto__", "__proto__": 1}}, "edges": []}'))).toEqual([
      'unknown_node_type /nodes/a/type',
    ]);
    expect(places(JSON.parse('{"nodes": {"a": {"type": "integer", "__proto__": 1}}, "edges": []}'))).toEqual([
      'unknown_field /nodes/a/__proto__',
    ]);
  });

  test('ignores an input that a catalogue names __proto__', () => {
    const inputs = JSON.parse(
      '{"__proto__": {"field_type": "integer", "input": "any", "required": true, "title": "", "schema": {}}}',
    );
    const hostile = { ...nodeType('odd', {}, {}), inputs };
    const result = pinGraph(graphOf({ a: { type: 'odd' } }), catalogueOf(hostile), []);
    expect(result.ok && Object.getPrototypeOf(result.graph.nodes[0])).toBe(Object.prototype);
  });

  test('holds the limit of nodes at its number and one past it', () => {
    const nodes = (count: number) =>
      graphOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, { type: 'integer' }])));
    expect(places(nodes(GRAPH_NODES_MAX))).toEqual([]);
    expect(places(nodes(GRAPH_NODES_MAX + 1))).toEqual(['too_large /nodes']);
  });

  test('refuses a graph whose pinned text would not fit a row, counting bytes and not characters', () => {
    const prompt = (text: string, count: number) => graphOf({ a: { type: 'prompt', prompt: text.repeat(count) } });
    expect(places(prompt('a', 1_000_000))).toEqual([]);
    expect(places(prompt('語', 1_000_000))).toEqual(['too_large ']);
  });

  test('keeps a bounded number of faults of a hostile request', () => {
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, 1]));
    expect(faultsOf(graphOf({ a: { type: 'integer', ...fields } }))).toHaveLength(FAULTS_KEPT_MAX);
  });

  test('is linear: a chain of 5,000 nodes in well under a second', () => {
    const nodes = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`n${index}`, { type: 'add' }]));
    const edges = Array.from({ length: 4_999 }, (_, index) => `n${index}.value > n${index + 1}.a`);
    const graph = graphOf(nodes, ...edges);
    const before = performance.now();
    expect(pinGraph(graph, TEST_CATALOGUE, []).ok).toBe(true);
    expect(performance.now() - before).toBeLessThan(500);
  });
});

/** As many control nodes as fit, each with four edges from those before it, behind one node with an output of each type. */
function tangle(type: string, fields: readonly string[]): { graph: Graph; catalogue: typeof TEST_CATALOGUE } {
  const outputs = Object.fromEntries(FIELD_TYPE_NAMES.map((name) => [name, `${name}[]`]));
  const catalogue = catalogueOf(...Object.values(TEST_CATALOGUE.node_types), nodeType('all', {}, outputs));
  const outlet = Object.keys(catalogue.node_types[type]?.outputs ?? {})[0] ?? '';
  const nodes = {
    s: { type: 'all' },
    ...Object.fromEntries(numbers(GRAPH_NODES_MAX - 1).map((at) => [`c${at}`, { type }])),
  };
  const edges: GraphEdge[] = numbers(GRAPH_NODES_MAX - 1).flatMap((at) =>
    fields.map((field, step) => ({
      source:
        at <= step
          ? { node_id: 's', field: FIELD_TYPE_NAMES[(at + step) % FIELD_TYPE_NAMES.length] ?? '' }
          : { node_id: `c${at - step - 1}`, field: outlet },
      destination: { node_id: `c${at}`, field },
    })),
  );
  return { graph: { ...graphOf(nodes), edges: edges.slice(0, GRAPH_EDGES_MAX) }, catalogue };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Counts the edges that resolving looks at. */
class CountingGraph extends ResolvedGraph {
  static looked = 0;

  override *edgesInto(id: string): Iterable<GraphEdge> {
    for (const edge of super.edgesInto(id)) {
      CountingGraph.looked++;
      yield edge;
    }
  }
}

describe.each([
  ['iterate', ['collection', 'collection', 'collection', 'collection']],
  ['collect', ['item', 'item', 'collection', 'item']],
  ['collect', ['collection', 'item', 'item', 'item']],
  ['if', ['true_input', 'false_input', 'true_input', 'condition']],
])('a graph of nothing but %s (%j)', (type, fields) => {
  test('is judged in one look at each edge', () => {
    const { graph, catalogue } = tangle(type, fields);
    expect([Object.keys(graph.nodes).length, graph.edges.length]).toEqual([GRAPH_NODES_MAX, 4 * GRAPH_NODES_MAX - 4]);
    const types = new Map(Object.entries(graph.nodes).map(([id, node]) => [id, catalogue.node_types[node.type]]));
    CountingGraph.looked = 0;
    new CountingGraph(graph, types, shapeOf(types, graph.edges).topological);
    expect(CountingGraph.looked).toBe(graph.edges.length);
    const result = pinGraph(graph, catalogue, []);
    expect(result.ok).toBe(false);
  });
});
