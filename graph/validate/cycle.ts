/** Finds a circle among the edges of a graph. */
import type { GraphEdge } from '../../contract/graph/graph.ts';

export interface Cycle {
  /** Node ids along the edges; the last leads back to the first. */
  nodes: string[];
  /** Index of the edge that leads back. */
  edge: number;
}

/** One cycle of the graph, or undefined. `edges` holds those indexes whose both ends exist. Linear. */
export function findCycle(ids: Iterable<string>, edges: ReadonlyMap<number, GraphEdge>): Cycle | undefined {
  const left = new Map<string, number>();
  for (const id of ids) left.set(id, 0);
  const leaving = new Map<string, string[]>();
  for (const { source, destination } of edges.values()) {
    left.set(destination.node_id, (left.get(destination.node_id) ?? 0) + 1);
    const targets = leaving.get(source.node_id);
    if (targets) targets.push(destination.node_id);
    else leaving.set(source.node_id, [destination.node_id]);
  }
  const free = [...left].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left.delete(id);
    for (const target of leaving.get(id) ?? []) {
      const count = (left.get(target) ?? 0) - 1;
      left.set(target, count);
      if (count === 0) free.push(target);
    }
  }
  return left.size === 0 ? undefined : walkBack(left, edges);
}

/** Every node that is left has an edge from another that is left, so going backwards must come round. */
function walkBack(left: ReadonlyMap<string, number>, edges: ReadonlyMap<number, GraphEdge>): Cycle {
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
