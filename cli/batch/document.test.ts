import { expect, test } from 'vitest';
import { AssignmentError, type LocalFile, parseAssignment } from './assignment.ts';
import { assign, batchOf } from './document.ts';

const graph = {
  nodes: {
    seed: { id: 'seed', type: 'integer', value: 0 },
    positive: { id: 'positive', type: 'compel', prompt: 'a star' },
    negative: { id: 'negative', type: 'compel', prompt: '' },
    noise: { id: 'noise', type: 'noise', width: 128 },
    photos: { id: 'photos', type: 'image_collection', collection: [] },
  },
  edges: [],
};
/** A folder holds two. */
const store = async ({ path }: LocalFile) =>
  path.endsWith('/') ? [{ image_name: `${path}1` }, { image_name: `${path}2` }] : [{ image_name: path }];
const set = async (...texts: string[]) => (await assign(batchOf(graph), texts.map(parseAssignment), store)).batch;

test('a graph, a batch and an enqueue body are told apart', () => {
  expect(batchOf(graph)).toEqual({ batch: { graph } });
  expect(batchOf({ graph, runs: 2 })).toEqual({ batch: { graph, runs: 2 } });
  expect(batchOf({ batch: { graph }, prepend: true })).toEqual({ batch: { graph }, prepend: true });
  expect(batchOf({ $schema: 'graph.schema.json', ...graph })).toEqual({ batch: { graph } });
  for (const other of [null, 3, [], {}, { nodes: [] }]) expect(() => batchOf(other)).toThrow(AssignmentError);
});

test('a single value changes the graph and makes no batch data', async () => {
  const batch = await set('noise.width=256', 'positive.prompt=a ring', 'noise.image=@a.png');
  expect(batch.graph.nodes).toMatchObject({
    noise: { width: 256, image: { image_name: 'a.png' } },
    positive: { prompt: 'a ring' },
  });
  expect(batch.data).toBeUndefined();
  expect(graph.nodes.noise.width).toBe(128);
});

test('each list is a factor of the product, in the order given', async () => {
  expect((await set('positive.prompt=a ring,a star', 'seed.value=1..3', 'noise.image=@a.png,@b/')).data).toEqual([
    [{ node_path: 'positive', field_name: 'prompt', items: ['a ring', 'a star'] }],
    [{ node_path: 'seed', field_name: 'value', items: [1, 2, 3] }],
    [
      {
        node_path: 'noise',
        field_name: 'image',
        items: ['a.png', 'b/1', 'b/2'].map((image_name) => ({ image_name })),
      },
    ],
  ]);
});

test('where a list stands, a list is one value', async () => {
  const images = ['a.png', 'b/1', 'b/2'].map((image_name) => ({ image_name }));
  expect((await set('photos.collection=@a.png,@b/')).graph.nodes).toMatchObject({ photos: { collection: images } });
  expect((await set('photos.collection=@a.png')).graph.nodes).toMatchObject({
    photos: { collection: [{ image_name: 'a.png' }] },
  });
  expect((await set('photos.collection:=[1, 2]')).graph.nodes).toMatchObject({ photos: { collection: [1, 2] } });
  expect((await set('photos.collection:=[[1], [2, 3]]')).data).toEqual([
    [{ node_path: 'photos', field_name: 'collection', items: [[1], [2, 3]] }],
  ]);
});

test('a bare name means the only node that has it, or the value of a node of that name', async () => {
  expect((await set('width=1..2')).data).toEqual([[{ node_path: 'noise', field_name: 'width', items: [1, 2] }]]);
  expect((await set('seed=1..2')).data).toEqual([[{ node_path: 'seed', field_name: 'value', items: [1, 2] }]]);
  await expect(set('prompt=a')).rejects.toThrow('positive.prompt=… or negative.prompt=…');
  await expect(set('steps=3')).rejects.toThrow('node.steps=…');
});

test('an unknown node and a field that is varied twice are refused', async () => {
  await expect(set('nosie.width=1')).rejects.toThrow('no node "nosie"');
  await expect(set('toString.width=1')).rejects.toThrow('no node "toString"');
  await expect(set('width=1,2', 'noise.width=3,4')).rejects.toThrow('varied already');
});
