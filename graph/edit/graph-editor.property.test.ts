import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Graph, GraphEdge } from '../../contract/graph/graph.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { anyEdge, anyGraph, NODE_IDS } from '../testing/random-graph.ts';
import { edgeKey } from '../validate/edge.ts';
import { resolveOutlets } from '../validate/resolve.ts';
import { pinGraph } from '../validate.ts';
import { GraphEditor } from './graph-editor.ts';

/** A graph without edges, and edges that one might try to add to it. */
const attempts = anyGraph.chain(({ nodes }) => {
  const types = Object.values(nodes).map(({ type }) => type);
  return fc.record({
    graph: fc.constant<Graph>({ nodes, edges: [] }),
    edges: fc.array(anyEdge(types), { minLength: 4, maxLength: 40, size: 'max' }),
  });
});

/** The edges that whole-graph validation finds a fault with. */
function faulty(graph: Graph): Set<string> {
  const result = pinGraph(graph, TEST_CATALOGUE, []);
  const found = result.ok ? [] : result.faults.flatMap(({ pointer }) => /^\/edges\/(\d+)/.exec(pointer)?.[1] ?? []);
  return new Set(found.map((index) => edgeKey(graph.edges[Number(index)] as GraphEdge)));
}

test('[G18] [G28] addEdge refuses just the edges that the whole graph would be refused for', () => {
  const met = { taken: 0, misfits: 0 };
  fc.assert(
    fc.property(attempts, ({ graph, edges }) => {
      const editor = new GraphEditor(TEST_CATALOGUE, graph);
      let known = faulty(graph);
      edges.forEach((edge, index) => {
        const before = editor.graph;
        const twice = before.edges.some((each) => edgeKey(each) === edgeKey(edge));
        const after = faulty({ ...before, edges: [...before.edges, edge] });
        const faults = editor.edgeFaults(edge);
        const harms = twice || [...after].some((each) => !known.has(each));
        expect({ edge, refused: faults.length > 0 }).toEqual({ edge, refused: harms });
        expect(JSON.stringify(editor)).toBe(JSON.stringify(before));
        if (faults.length === 0) {
          editor.addEdge(edge);
          known = after;
          met.taken++;
        }
        if (faults.some(({ code }) => code === 'edge_type_mismatch')) met.misfits++;
        // Without some edge, what was judged by it may be wrong or right in another way.
        if (index % 5 === 4 && editor.edges.length > 0) {
          editor.deleteEdge(editor.edges[index % editor.edges.length] as GraphEdge);
          known = faulty(editor.graph);
        }
      });
    }),
    { numRuns: 60 },
  );
  expect(met.taken).toBeGreaterThan(100);
  expect(met.misfits).toBeGreaterThan(50);
});

type Edit =
  | { kind: 'add'; edge: GraphEdge }
  | { kind: 'delete'; edge: GraphEdge }
  | { kind: 'add_node'; id: string; type: string }
  | { kind: 'delete_node'; id: string }
  | { kind: 'rename'; id: string; to: string };

const edits = (types: readonly string[]): fc.Arbitrary<Edit[]> => {
  const id = fc.constantFrom(...NODE_IDS);
  return fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), edge: anyEdge(types) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), edge: anyEdge(types) }) },
      fc.record({ kind: fc.constant('add_node' as const), id, type: fc.constantFrom('collect', 'if', 'any', 'nope') }),
      fc.record({ kind: fc.constant('delete_node' as const), id }),
      fc.record({ kind: fc.constant('rename' as const), id, to: id }),
    ),
    { maxLength: 40, size: 'max' },
  );
};

/** Whether it was taken. */
function apply(editor: GraphEditor, edit: Edit): boolean {
  try {
    if (edit.kind === 'add') editor.addEdge(edit.edge);
    else if (edit.kind === 'delete') editor.deleteEdge(edit.edge);
    else if (edit.kind === 'add_node') editor.addNode({ id: edit.id, type: edit.type });
    else if (edit.kind === 'delete_node') editor.deleteNode(edit.id);
    else editor.updateNode(edit.id, { ...editor.getNode(edit.id), id: edit.to });
    return true;
  } catch (error) {
    expect((error as Error).name).toMatch(/^(NodeAlreadyInGraph|NodeNotFound|NodeType|InvalidEdge)Error$/);
    return false;
  }
}

const scripts = anyGraph.chain((graph) =>
  fc.tuple(fc.constant(graph), edits(Object.values(graph.nodes).map(({ type }) => type))),
);

test('[G37] after any edits, refused ones among them, every lookup is what a look at the whole graph would say', () => {
  fc.assert(
    fc.property(scripts, ([graph, script]) => {
      const editor = new GraphEditor(TEST_CATALOGUE, { ...graph, edges: [] });
      for (const edit of script) {
        const before = JSON.stringify(editor);
        if (!apply(editor, edit)) expect(JSON.stringify(editor)).toBe(before);
      }
      const { edges } = editor;
      expect(editor.graph.edges).toEqual(edges);
      for (const id of NODE_IDS) {
        expect(editor.edgesInto(id)).toEqual(edges.filter(({ destination }) => destination.node_id === id));
        expect(editor.edgesOutOf(id)).toEqual(edges.filter(({ source }) => source.node_id === id));
        for (const field of ['item', 'collection', 'value'])
          expect(editor.edgesInto(id, field)).toEqual(
            edges.filter(({ destination }) => destination.node_id === id && destination.field === field),
          );
      }
      const outlets = resolveOutlets(editor.graph, TEST_CATALOGUE);
      for (const [id, { type }] of Object.entries(editor.graph.nodes)) {
        const outlet = { iterate: 'item', collect: 'collection', if: 'value' }[type];
        if (outlet !== undefined) expect([id, editor.outputType(id, outlet)]).toEqual([id, outlets.get(id)]);
      }
      expect(new GraphEditor(TEST_CATALOGUE, JSON.parse(JSON.stringify(editor))).equals(editor)).toBe(true);
    }),
  );
});

test('[G17] what is added and deleted again leaves the graph as it was', () => {
  fc.assert(
    fc.property(scripts, ([graph, script]) => {
      const editor = new GraphEditor(TEST_CATALOGUE, { ...graph, edges: [] });
      for (const edit of script.slice(0, script.length / 2)) apply(editor, edit);
      const before = editor.copy();
      const edges = before.edges.map(edgeKey);
      editor.addNode({ id: 'extra', type: 'collect' });
      for (const edit of script.slice(script.length / 2))
        if (edit.kind === 'add' && apply(editor, edit) && !edges.includes(edgeKey(edit.edge)))
          editor.deleteEdge(edit.edge);
      editor.deleteNode('extra');
      expect(editor.equals(before)).toBe(true);
      expect(editor.faults()).toEqual(before.faults());
    }),
  );
});

test('[G17] a node that is renamed and renamed back is as it was, its edges in their order', () => {
  fc.assert(
    fc.property(anyGraph, fc.constantFrom(...NODE_IDS), (graph, id) => {
      const editor = new GraphEditor(TEST_CATALOGUE, graph);
      const before = editor.copy();
      if (!editor.hasNode(id)) return;
      const node = editor.getNode(id);
      editor.updateNode(id, { ...node, id: 'other' });
      expect(editor.edgesInto(id)).toEqual([]);
      expect(editor.faults().map(({ code }) => code)).toEqual(before.faults().map(({ code }) => code));
      editor.updateNode('other', node);
      expect(editor.equals(new GraphEditor(TEST_CATALOGUE, { ...before.graph, nodes: withId(before.graph, id) }))).toBe(
        true,
      );
    }),
  );
});

/** An edited node says its id. */
const withId = ({ nodes }: Graph, id: string): Graph['nodes'] =>
  Object.fromEntries(Object.entries(nodes).map(([key, node]) => [key, key === id ? { ...node, id } : node]));
