/** The text-to-image session of examples/, as rows vary it. */
import { readFileSync } from 'node:fs';

interface Drawing {
  nodes: { noise: { seed: number }; denoise: { steps: number } } & Record<string, object>;
  edges: object[];
}

const EXAMPLE = readFileSync(new URL('../../examples/text-to-image.json', import.meta.url), 'utf8');

export function drawing(seed: number, steps: number): Drawing {
  const { $schema: _, ...graph } = JSON.parse(EXAMPLE) as Drawing & { $schema: string };
  graph.nodes.noise.seed = seed;
  graph.nodes.denoise.steps = steps;
  // What is measured is the work, and not that it was done before.
  for (const node of Object.values(graph.nodes)) Object.assign(node, { use_cache: false });
  return graph;
}
