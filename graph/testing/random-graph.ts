/** Random graphs of the test catalogue, right and wrong ones, for property tests. */
import fc from 'fast-check';
import type { Graph, GraphEdge } from '../../contract/graph/graph.ts';
import { TEST_CATALOGUE } from './node-types.ts';

/** Half of all nodes are control nodes; one type does not exist. */
const TYPES = [
  ...['integer', 'range', 'string', 'strings', 'any', 'text_to_image', 'noise', 'split_latents', 'add', 'nope'],
  ...['iterate', 'iterate', 'iterate', 'collect', 'collect', 'collect', 'collect', 'if', 'if', 'if'],
];

export const NODE_IDS = Array.from({ length: 10 }, (_, index) => `n${index}`);

const portsOf = (type: string, kind: 'inputs' | 'outputs'): string[] => [
  ...Object.keys(TEST_CATALOGUE.node_types[type]?.[kind] ?? {}),
];

const nodes = fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: NODE_IDS.length });

/** Edges of any kind between `types`, most of them between ports that exist. */
export const anyEdge = (types: readonly string[]): fc.Arbitrary<GraphEdge> =>
  fc.tuple(fc.nat(types.length - 1), fc.nat(types.length - 1)).chain(([from, to]) =>
    fc.record({
      source: fc.record({
        node_id: fc.constant(NODE_IDS[from] ?? 'n0'),
        field: fc.constantFrom(...portsOf(types[from] ?? '', 'outputs'), 'value'),
      }),
      destination: fc.record({
        node_id: fc.constant(NODE_IDS[to] ?? 'n0'),
        field: fc.constantFrom(...portsOf(types[to] ?? '', 'inputs'), 'value'),
      }),
    }),
  );

/** Whatever a request might hold that its schema lets through; often with circles and edges that do not fit. */
export const anyGraph: fc.Arbitrary<Graph> = nodes.chain((types) =>
  fc.array(anyEdge(types), { maxLength: 3 * types.length }).map((edges) => ({
    nodes: Object.fromEntries(
      types.map((type, index) => [NODE_IDS[index] ?? '', { type, is_intermediate: false, use_cache: true }]),
    ),
    edges,
  })),
);
