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

const nodes = fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: NODE_IDS.length, size: 'max' });

/** Edges between nodes of `types`: most of them between ports that exist, from an earlier node to a later one. */
export function anyEdge(types: readonly string[]): fc.Arbitrary<GraphEdge> {
  const last = types.length - 1;
  const ends = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.nat(last), fc.nat(last))
        .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    },
    { weight: 1, arbitrary: fc.tuple(fc.nat(last), fc.nat(last)) },
  );
  return ends.chain(([from, to]) =>
    fc.record({
      source: fc.record({ node_id: fc.constant(NODE_IDS[from] ?? ''), field: portOf(types[from] ?? '', 'outputs') }),
      destination: fc.record({ node_id: fc.constant(NODE_IDS[to] ?? ''), field: portOf(types[to] ?? '', 'inputs') }),
    }),
  );
}

function portOf(type: string, kind: 'inputs' | 'outputs'): fc.Arbitrary<string> {
  const ports = Object.keys(TEST_CATALOGUE.node_types[type]?.[kind] ?? {});
  const wrong = { weight: 1, arbitrary: fc.constant('value') };
  return ports.length === 0 ? wrong.arbitrary : fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...ports) }, wrong);
}

/** Whatever a request might hold that its schema lets through; often with circles and edges that do not fit. */
export const anyGraph: fc.Arbitrary<Graph> = nodes.chain((types) =>
  fc.array(anyEdge(types), { maxLength: 3 * types.length, size: 'max' }).map((edges) => ({
    nodes: Object.fromEntries(
      types.map((type, index) => [NODE_IDS[index] ?? '', { type, is_intermediate: false, use_cache: true }]),
    ),
    edges,
  })),
);
