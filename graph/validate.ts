/**
 * Validates a submitted graph against the catalogue and pins its meaning (D1): defaults filled in, the version of each
 * node type, the engine's number. Every fault is reported, by JSON Pointer into the request.
 */
import type { Fault } from '../contract/error/problem.ts';
import type { Catalogue, NodeType } from '../contract/graph/catalogue.ts';
import type { Graph, PinnedGraph } from '../contract/graph/graph.ts';
import { GRAPH_BYTES_MAX, GRAPH_EDGES_MAX, GRAPH_NODES_MAX } from '../contract/limits.ts';
import { ENGINE_VERSION } from '../contract/version.ts';
import { jsonBytesExceed } from './bytes.ts';
import { FaultList, type Path } from './faults.ts';
import { connectionsOf } from './validate/connection.ts';
import { checkEdges } from './validate/edge.ts';
import { pinNode, type SuppliedFields, typeOfNode } from './validate/node.ts';
import { ResolvedGraph } from './validate/resolve.ts';
import { checkShape, shapeOf } from './validate/shape.ts';

export type PinResult = { ok: true; graph: PinnedGraph } | { ok: false; faults: Fault[] };

/**
 * `base` is the graph's place in the request, such as ['batch', 'graph']. A required field that `supplied` names may be
 * absent from its node. Nodes keep the order of the request's object: JavaScript lists keys that are whole numbers
 * first, ascending.
 */
export function pinGraph(graph: Graph, catalogue: Catalogue, base: Path, supplied?: SuppliedFields): PinResult {
  const faults = new FaultList();
  const pinned = pinInto(faults, graph, catalogue, base, supplied);
  return faults.isEmpty ? { ok: true, graph: pinned } : { ok: false, faults: faults.faults };
}

/** The same, adding to `faults`; with faults, the graph lacks what could not be understood. */
export function pinInto(
  faults: FaultList,
  graph: Graph,
  catalogue: Catalogue,
  base: Path,
  supplied: SuppliedFields = new Map(),
): PinnedGraph {
  const entries = Object.entries(graph.nodes);
  const pinned: PinnedGraph = { engine: ENGINE_VERSION, types: {}, nodes: [], edges: [] };
  if (!checkSize(faults, entries.length, graph.edges.length, base)) return pinned;
  const connections = connectionsOf(graph.edges);
  const types = new Map<string, NodeType | undefined>();
  const versions = new Map<string, string>();
  for (const [key, node] of entries) {
    const path = [...base, 'nodes', key];
    if (node.id !== undefined && node.id !== key)
      faults.add(
        [...path, 'id'],
        'id_mismatch',
        `The key is "${key}" and the id "${node.id}": make them equal, or leave the id out.`,
      );
    const nodeType = typeOfNode(node, catalogue, path, faults);
    types.set(key, nodeType);
    if (nodeType === undefined) continue;
    if (nodeType.control === undefined) versions.set(node.type, nodeType.version);
    const sources = {
      isConnected: (field: string) => connections.get(key)?.has(field) ?? false,
      isSupplied: (field: string) => supplied.get(key)?.has(field) ?? false,
    };
    pinned.nodes.push(pinNode(key, node, nodeType, sources, path, faults));
  }
  const shape = shapeOf(types, graph.edges);
  const resolved = new ResolvedGraph(graph, types, shape.topological, supplied);
  checkEdges(graph.edges, types, connections, (edge) => resolved.refusal(edge), base, faults);
  checkShape(shape, base, faults);
  pinned.types = Object.fromEntries(versions);
  pinned.edges = [...shape.linked.values()];
  if (faults.isEmpty && jsonBytesExceed(pinned, GRAPH_BYTES_MAX))
    faults.add(base, 'too_large', `The graph is over ${GRAPH_BYTES_MAX} bytes; move large values into assets.`);
  return pinned;
}

function checkSize(faults: FaultList, nodes: number, edges: number, base: Path): boolean {
  const tooMany = (what: string, limit: number) => `A graph has at most ${limit} ${what}; split it into several.`;
  if (nodes > GRAPH_NODES_MAX) faults.add([...base, 'nodes'], 'too_large', tooMany('nodes', GRAPH_NODES_MAX));
  if (edges > GRAPH_EDGES_MAX) faults.add([...base, 'edges'], 'too_large', tooMany('edges', GRAPH_EDGES_MAX));
  return faults.isEmpty;
}
