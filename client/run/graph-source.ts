/** What may stand for a graph: the plain one, or something that makes it. @pure */
import type { z } from 'zod';
import type { Graph } from '../../contract/graph/graph.ts';

/** A graph as a caller writes it: what the contract gives a default may be left out. */
export type PlainGraph = z.input<typeof Graph>;

export type GraphSource = PlainGraph | { toGraph(): PlainGraph };

export const plainGraph = (source: GraphSource): PlainGraph =>
  'toGraph' in source && typeof source.toGraph === 'function' ? source.toGraph() : (source as PlainGraph);
