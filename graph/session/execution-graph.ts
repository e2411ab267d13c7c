/** The graph that a session runs: one node for each invocation that is known, one edge for each value between them. */
import type { GraphEdge, GraphNode } from '../../contract/graph/graph.ts';
import type { Copies } from './copies.ts';
import type { Expansion } from './expansion.ts';
import { BRANCHES } from './hold.ts';
import type { PreparedSource } from './prepared-graph.ts';

export interface ExecutionGraph {
  /** Invocation ids with their source ids and iteration paths, by source node and path. */
  invocations: { id: string; source_id: string; path: number[]; hasEnded: boolean }[];
  edges: GraphEdge[];
  /** By invocation id: edges from others that have not ended. */
  indegrees: Map<string, number>;
}

/** Undefined when there are more than `limit` invocations and edges together. Costs no more than those. */
export function executionGraph(expansion: Expansion, limit: number): ExecutionGraph | undefined {
  const graph: ExecutionGraph = { invocations: [], edges: [], indegrees: new Map() };
  for (const { index } of expansion.graph.nodes) {
    const copies = expansion.table.of(index);
    if (copies === undefined || (copies.node.control === 'iterate' && copies.elements === undefined)) continue;
    if (graph.invocations.length + copies.outward.size > limit) return undefined;
    for (let position = 0; position < copies.outward.size; position++) {
      const id = expansion.table.id(copies, position);
      const hasEnded = copies.hasEnded(position);
      graph.invocations.push({ id, source_id: copies.node.id, path: copies.outward.path(position), hasEnded });
      graph.indegrees.set(id, 0);
      for (const { field, source } of takenBy(copies, position)) {
        const from = expansion.table.of(source.node);
        const base = copies.elements?.lists[position] ?? position;
        for (const left of copies.joins.get(source.node)?.leftsOf(base) ?? []) {
          if (from === undefined || from.isSkipped(left)) continue;
          if (graph.invocations.length + graph.edges.length > limit) return undefined;
          const from_id = expansion.table.id(from, left);
          graph.edges.push({
            source: { node_id: from_id, field: source.field },
            destination: { node_id: id, field },
          });
          if (!from.hasEnded(left)) graph.indegrees.set(id, (graph.indegrees.get(id) ?? 0) + 1);
        }
      }
    }
  }
  return graph;
}

/** An `if` that has chosen takes nothing of its other branch. */
function takenBy({ node, choices }: Copies, position: number): { field: string; source: PreparedSource }[] {
  const choice = choices?.[position] ?? 0;
  const isTaken = (field: string) => {
    const branch = (BRANCHES as readonly string[]).indexOf(field);
    return choice === 0 || branch === -1 || branch + 1 === choice;
  };
  return node.inputs.flatMap(({ name, sources }) =>
    isTaken(name) ? sources.map((source) => ({ field: name, source })) : [],
  );
}

/** A copy of a source node, named as its invocation. */
export const invocationNode = (node: GraphNode, id: string): GraphNode => (node.id === id ? node : { ...node, id });
