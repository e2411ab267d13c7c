/** Which inputs of a graph have an edge: known before the nodes are judged, since an edge replaces a literal. */
import type { GraphEdge } from '../../contract/graph/graph.ts';

/** Node id → field → index of the first edge that leads there. */
export type Connections = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function connectionsOf(edges: readonly GraphEdge[]): Connections {
  const connections = new Map<string, Map<string, number>>();
  edges.forEach(({ destination }, index) => {
    const fields = connections.get(destination.node_id);
    if (fields === undefined) connections.set(destination.node_id, new Map([[destination.field, index]]));
    else if (!fields.has(destination.field)) fields.set(destination.field, index);
  });
  return connections;
}
