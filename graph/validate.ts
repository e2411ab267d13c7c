/**
 * Validates a submitted graph against the catalogue and pins its meaning (D1): defaults filled in, the version of each
 * node type, the engine's number. Every fault is reported, by JSON Pointer into the request.
 */
import type { Fault } from '../contract/error/problem.ts';
import type { Catalogue, NodeType } from '../contract/graph/catalogue.ts';
import type { Graph, GraphEdge, GraphNode, PinnedGraph } from '../contract/graph/graph.ts';
import { GRAPH_BYTES_MAX, GRAPH_EDGES_MAX, GRAPH_NODES_MAX } from '../contract/limits.ts';
import { ENGINE_VERSION } from '../contract/version.ts';
import { jsonBytesExceed } from './bytes.ts';
import { FaultList, type Path } from './faults.ts';
import { connectionsOf } from './validate/connection.ts';
import { findCycle } from './validate/cycle.ts';
import { checkEdge } from './validate/edge.ts';
import { pinNode, typeOfNode } from './validate/node.ts';

export type PinResult = { ok: true; graph: PinnedGraph } | { ok: false; faults: Fault[] };

/** Fields that something other than the graph gives: node id → field names (`suppliedFields` of a batch). */
export type SuppliedFields = ReadonlyMap<string, ReadonlySet<string>>;

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
    versions.set(node.type, nodeType.version);
    const sources = {
      isConnected: (field: string) => connections.get(key)?.has(field) ?? false,
      isSupplied: (field: string) => supplied.get(key)?.has(field) ?? false,
    };
    pinned.nodes.push(pinNode(key, node, nodeType, sources, path, faults));
  }
  const linked = new Map<number, GraphEdge>();
  graph.edges.forEach((edge, index) => {
    if (checkEdge(graph.edges, index, types, connections, [...base, 'edges', index], faults)) linked.set(index, edge);
  });
  checkAcyclic(faults, types.keys(), linked, base);
  pinned.types = Object.fromEntries(versions);
  pinned.edges = [...linked.values()];
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

/** Ids that a sentence lists before it says "and N more". */
const IDS_LISTED_MAX = 20;

function checkAcyclic(
  faults: FaultList,
  ids: Iterable<GraphNode['id']>,
  edges: ReadonlyMap<number, GraphEdge>,
  base: Path,
): void {
  const cycle = findCycle(ids, edges);
  if (cycle === undefined) return;
  const listed = cycle.nodes.slice(0, IDS_LISTED_MAX).map((id) => `"${id}"`);
  const more = cycle.nodes.length - listed.length;
  const names = [...listed, ...(more > 0 ? [`… (${more} more)`] : []), `"${cycle.nodes[0]}"`].join(' → ');
  faults.add([...base, 'edges', cycle.edge], 'cycle', `The edges run in a circle, ${names}: remove one of them.`);
}
