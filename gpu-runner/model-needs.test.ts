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

test('models are named in inputs, in lists, and in the values of a session', () => {
  const values = [
    { node_path: 'a', field_name: 'model', value: named('d') },
    { node_path: 'a', field_name: 'steps', value: 30 },
  ];
  expect([...modelNeeds(graph, values)].sort()).toEqual(['a', 'b', 'c', 'd'].map(hash));
  expect([...modelNeeds(graph, [])].sort()).toEqual(['a', 'b', 'c'].map(hash));
  expect([...modelNeeds(undefined, values)]).toEqual([hash('d')]);
});

test('what lies deeper than an input can is not looked through', () => {
  let value: unknown = named('e');
  for (let depth = 0; depth < 10_000; depth++) value = { value };
  expect(modelNeeds(undefined, [{ node_path: 'a', field_name: 'x', value } as never]).size).toBe(0);
});
