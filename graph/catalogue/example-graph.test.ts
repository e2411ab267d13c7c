import { expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { Graph } from '../../contract/graph/graph.ts';
import { pinGraph } from '../validate.ts';
import builtin from './builtin.json' with { type: 'json' };
import { exampleGraph } from './example-graph.ts';

const CATALOGUE = Catalogue.parse(builtin);

test.each(Object.values(CATALOGUE.node_types))('$type is shown in a graph that is valid', (nodeType) => {
  const example = exampleGraph(nodeType, CATALOGUE);
  expect(example).not.toBeNull();
  const result = pinGraph(Graph.parse(example), CATALOGUE, []);
  expect(result).toMatchObject({ ok: true });
  const shown = Object.values(example!.nodes).filter((node) => !node.is_intermediate);
  expect(shown.map(({ type }) => type)).toEqual([nodeType.type]);
});

test('one that denoises is given what the simplest nodes make', () => {
  const { nodes } = exampleGraph(CATALOGUE.node_types.denoise_latents!, CATALOGUE)!;
  expect(Object.values(nodes).map(({ type }) => type)).toEqual(
    expect.arrayContaining(['main_model_loader', 'compel', 'denoise_latents']),
  );
  expect(Object.keys(nodes).length).toBeLessThanOrEqual(5);
});

test('what nothing makes has no example', () => {
  const lonely = { ...CATALOGUE.node_types.denoise_latents!, type: 'acme:lonely' };
  expect(exampleGraph(lonely, { node_types: { 'acme:lonely': lonely } })).toBeNull();
});
