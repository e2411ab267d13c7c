/** Writes graphs shortly: `graphOf({ a: { type: 'integer', value: 1 } }, 'a.value > b.a')`. */
import { Graph, type PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { Session } from '../session/session.ts';
import { pinGraph } from '../validate.ts';
import { TEST_CATALOGUE } from './node-types.ts';

type Nodes = Record<string, { type: string } & Record<string, unknown>>;

/** Through the contract's schema, as a request would come. */
export const graphOf = (nodes: Nodes, ...edges: string[]): Graph => Graph.parse({ nodes, edges: edges.map(edgeOf) });

function edgeOf(text: string) {
  const [source, destination] = text.split(' > ').map((end) => {
    const dot = end.lastIndexOf('.');
    return { node_id: end.slice(0, dot), field: end.slice(dot + 1) };
  });
  return { source, destination };
}

/** Throws with the faults when the graph is not valid. */
export function pinnedOf(graph: Graph, catalogue = TEST_CATALOGUE): PinnedGraph {
  const result = pinGraph(graph, catalogue, []);
  if (!result.ok) throw new Error(result.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('\n'));
  return result.graph;
}

export const sessionOf = (graph: Graph, values: NodeFieldValue[] = [], catalogue = TEST_CATALOGUE): Session =>
  new Session(pinnedOf(graph, catalogue), values, catalogue);
