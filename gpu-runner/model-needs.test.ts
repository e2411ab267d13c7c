import { expect, test } from 'vitest';
import type { PinnedGraph } from '../contract/graph/graph.ts';
import { modelNeeds } from './model-needs.ts';

const hash = (letter: string) => letter.repeat(64);
const named = (letter: string) => ({ key: letter, hash: hash(letter) });

const graph: PinnedGraph = {
  engine: 1,
  types: {},
  nodes: [
    { id: 'a', type: 'x', is_intermediate: false, use_cache: true, model: { ...named('a'), submodel_type: 'unet' } },
    { id: 'b', type: 'x', is_intermediate: false, use_cache: true, models: [named('b'), named('c')], text: 'key' },
    { id: 'c', type: 'x', is_intermediate: false, use_cache: true, model: { key: 'unpinned' }, none: null },
    { id: 'd', type: 'x', is_intermediate: false, use_cache: true, other: { key: 'k', hash: 'no digest' } },
  ],
  edges: [],
};

test('models are named in inputs, and in lists', () => {
  expect([...modelNeeds(graph)].sort()).toEqual(['a', 'b', 'c'].map(hash));
  expect(modelNeeds(graph)).toBe(modelNeeds(graph));
  expect(modelNeeds(undefined).size).toBe(0);
});

test('what lies deeper than an input can is not looked through', () => {
  let value: unknown = named('e');
  for (let depth = 0; depth < 10_000; depth++) value = { value };
  const node = { id: 'a', type: 'x', is_intermediate: false, use_cache: true, value };
  expect(modelNeeds({ ...graph, nodes: [node] }).size).toBe(0);
});
