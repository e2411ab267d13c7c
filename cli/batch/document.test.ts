import { expect, test } from 'vitest';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { AssignmentError, parseAssignment } from './assignment.ts';
import { assign, batchOf, type Surroundings } from './document.ts';

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
const surroundings: Surroundings = {
  catalogue: builtin as unknown as Catalogue,
  /** A folder holds two. */
  store: async ({ path }) =>
    path.endsWith('/') ? [{ image_name: `${path}1` }, { image_name: `${path}2` }] : [{ image_name: path }],
  lines: async ({ path }) => [`${path} 1`, `${path} 2`],
};
const change = async (document: object, texts: readonly string[], ...zips: string[][]) =>
  (await assign(batchOf(document), { assignments: texts.map(parseAssignment), zips }, surroundings)).batch;
const set = (...texts: string[]) => change(graph, texts);

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

const edge = (from: string, output: string, to: string, input: string) => ({
  source: { node_id: from, field: output },
  destination: { node_id: to, field: input },
});

test('a bare name also means the only node whose type takes it, and that no edge feeds', async () => {
  expect((await set('height=64')).graph.nodes).toMatchObject({ noise: { height: 64 } });
  const fed = {
    nodes: { seed: { type: 'rand_int' }, a: { type: 'noise', seed: 1 }, b: { type: 'noise', seed: 2 } },
    edges: [edge('seed', 'value', 'a', 'seed')],
  };
  expect((await change(fed, ['seed=1..2'])).data).toEqual([[{ node_path: 'b', field_name: 'seed', items: [1, 2] }]]);
  await expect(change(fed, ['a.seed=3'])).rejects.toThrow('"a.seed" gets its value along an edge from "seed.value"');
  await expect(change(fed, ['width=3'])).rejects.toThrow('a.width=… or b.width=…');
});

test('the catalogue says how a value is read', async () => {
  const document = { nodes: { model: { type: 'main_model_loader' }, text: { type: 'compel' }, list: { type: 'sum' } } };
  expect((await change(document, ['model=tiny', 'prompt=7'])).graph.nodes).toMatchObject({
    model: { model: { key: 'tiny' } },
    text: { prompt: '7' },
  });
  expect((await change(document, ['prompt=@p'])).data?.[0]?.[0]?.items).toEqual(['p 1', 'p 2']);
  await expect(change(document, ['model=tiny,large'])).rejects.toThrow('a batch cannot vary it');
});

test('what is zipped varies in step, in the place of its first field', async () => {
  const texts = ['positive.prompt=a,b', 'width=64,128', 'seed=1,2'];
  expect((await change(graph, texts, ['positive.prompt', 'seed'])).data).toEqual([
    [
      { node_path: 'positive', field_name: 'prompt', items: ['a', 'b'] },
      { node_path: 'seed', field_name: 'value', items: [1, 2] },
    ],
    [{ node_path: 'noise', field_name: 'width', items: [64, 128] }],
  ]);
  await expect(change(graph, ['width=1,2', 'seed=1..3'], ['width', 'seed'])).rejects.toThrow(
    'noise.width has 2, seed.value has 3',
  );
  await expect(change(graph, ['width=1,2'], ['width', 'seed'])).rejects.toThrow('no --set sets');
  await expect(change(graph, texts, ['width', 'seed'], ['seed'])).rejects.toThrow('twice');
});

test('what is set takes the place of what the document varies', async () => {
  const group = [
    { node_path: 'noise', field_name: 'width', items: [1, 2] },
    { node_path: 'seed', field_name: 'value', items: [3, 4] },
  ];
  const batch = await change({ graph, data: [group] }, ['width=64']);
  expect(batch.data).toEqual([[group[1]]]);
  expect(batch.graph.nodes).toMatchObject({ noise: { width: 64 } });
  expect(await change({ graph, data: [[group[0]!]] }, ['width=64'])).not.toHaveProperty('data');
});

test('an unknown node and a field that is set twice are refused', async () => {
  await expect(set('nosie.width=1')).rejects.toThrow('did you mean "noise"?');
  await expect(set('toString.width=1')).rejects.toThrow('no node "toString"; it has seed, ');
  await expect(set('width=1,2', 'noise.width=3,4')).rejects.toThrow('set twice');
  await expect(set('width:=[]')).rejects.toThrow('no value');
});
