/** Finds a circle among the edges of a graph. */
import type { GraphEdge } from '../../contract/graph/graph.ts';

export interface Cycle {
  /** Node ids along the edges; the last leads back to the first. */
  nodes: string[];
  /** Index of the edge that leads back. */
  edge: number;
}

/**
 * One circle among the nodes `left` by a topological sort: each has an edge from another of them, so going backwards
 * must come round. `edges` holds those indexes whose both ends exist. Linear.
 */
export function findCycle(left: ReadonlySet<string>, edges: ReadonlyMap<number, GraphEdge>): Cycle {
  const entering = new Map<string, number>();
  for (const [index, { source, destination }] of edges)
    if (left.has(source.node_id) && left.has(destination.node_id) && !entering.has(destination.node_id))
      entering.set(destination.node_id, index);
  const order: string[] = [];
  const seen = new Map<string, number>();
  let id = left.keys().next().value ?? '';
  while (!seen.has(id)) {
    seen.set(id, order.length);
    order.push(id);
    id = edges.get(entering.get(id) ?? -1)?.source.node_id ?? '';
  }
  const nodes = order.slice(seen.get(id)).reverse();
  const last = nodes.at(-1) ?? '';
  const back = [...edges].find(([, edge]) => edge.source.node_id === last && edge.destination.node_id === nodes[0]);
  return { nodes, edge: back?.[0] ?? 0 };
}
