import { expect, test } from 'vitest';
import { AssignmentError, parseAssignment } from './assignment.ts';
import { assign, batchOf } from './document.ts';

const graph = {
  nodes: {
    seed: { id: 'seed', type: 'integer', value: 0 },
    positive: { id: 'positive', type: 'compel', prompt: 'a star' },
    negative: { id: 'negative', type: 'compel', prompt: '' },
    noise: { id: 'noise', type: 'noise', width: 128 },
  },
  edges: [],
};
const set = (...texts: string[]) => assign(batchOf(graph), texts.map(parseAssignment)).batch;

test('a graph, a batch and an enqueue body are told apart', () => {
  expect(batchOf(graph)).toEqual({ batch: { graph } });
  expect(batchOf({ graph, runs: 2 })).toEqual({ batch: { graph, runs: 2 } });
  expect(batchOf({ batch: { graph }, prepend: true })).toEqual({ batch: { graph }, prepend: true });
  for (const other of [null, 3, [], {}, { nodes: [] }]) expect(() => batchOf(other)).toThrow(AssignmentError);
});

test('a single value changes the graph and makes no batch data', () => {
  const batch = set('noise.width=256', 'positive.prompt=a ring');
  expect(batch.graph.nodes).toMatchObject({ noise: { width: 256 }, positive: { prompt: 'a ring' } });
  expect(batch.data).toBeUndefined();
  expect(graph.nodes.noise.width).toBe(128);
});

test('each list is a factor of the product, in the order given', () => {
  expect(set('positive.prompt=a ring,a star', 'seed.value=1..3').data).toEqual([
    [{ node_path: 'positive', field_name: 'prompt', items: ['a ring', 'a star'] }],
    [{ node_path: 'seed', field_name: 'value', items: [1, 2, 3] }],
  ]);
});

test('a bare name means the only node that has it, or the value of a node of that name', () => {
  expect(set('width=1..2').data).toEqual([[{ node_path: 'noise', field_name: 'width', items: [1, 2] }]]);
  expect(set('seed=1..2').data).toEqual([[{ node_path: 'seed', field_name: 'value', items: [1, 2] }]]);
  expect(() => set('prompt=a')).toThrow('positive.prompt=… or negative.prompt=…');
  expect(() => set('steps=3')).toThrow('node.steps=…');
});

test('an unknown node and a field that is varied twice are refused', () => {
  expect(() => set('nosie.width=1')).toThrow('no node "nosie"');
  expect(() => set('toString.width=1')).toThrow('no node "toString"');
  expect(() => set('width=1,2', 'noise.width=3,4')).toThrow('varied already');
});
