import { describe, expect, test } from 'vitest';
import { Batch } from '../contract/queue/batch.ts';
import { pinBatch } from './batch/pin.ts';
import { assetReferences, graphAssets, modelReferences, pinModels, planAssets } from './references.ts';
import { graphOf, pinnedOf } from './testing/graph-builder.ts';
import { catalogueOf, nodeType, TEST_CATALOGUE } from './testing/node-types.ts';

const [ONE, TWO] = ['1'.repeat(64), '2'.repeat(64)];
const image = (image_name: string) => ({ image_name });

describe('models', () => {
  const catalogue = catalogueOf(
    nodeType('loader', { model: { type: 'model' } }, {}),
    nodeType('merge', { models: { type: 'model[]' } }, {}),
  );
  const pinned = () =>
    pinnedOf(
      graphOf({
        a: { type: 'loader', model: { key: 'sd' } },
        b: { type: 'merge', models: [{ key: 'sd', hash: ONE }, { key: 'vae' }] },
      }),
      catalogue,
    );

  test('are found where they stand', () => {
    expect(modelReferences(pinned(), catalogue)).toEqual([
      { node_id: 'a', field: 'model', key: 'sd' },
      { node_id: 'b', field: 'models', index: 0, key: 'sd', hash: ONE },
      { node_id: 'b', field: 'models', index: 1, key: 'vae' },
    ]);
  });

  test('are pinned to the current version, or to the one that the graph names, in a graph of its own', () => {
    const before = pinned();
    const store = new Map([
      ['sd', [TWO, ONE]],
      ['vae', [TWO]],
    ]);
    const result = pinModels(before, catalogue, store, ['graph']);
    expect(result.ok && result.graph.nodes.map(({ model, models }) => model ?? models)).toEqual([
      { key: 'sd', hash: TWO },
      [
        { key: 'sd', hash: ONE },
        { key: 'vae', hash: TWO },
      ],
    ]);
    expect(before).toEqual(pinned());
  });

  test('are faults when the store lacks them, or lacks that version', () => {
    const result = pinModels(pinned(), catalogue, new Map([['sd', [TWO]]]), ['graph']);
    expect(result.ok ? [] : result.faults.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'unknown_model /graph/nodes/b/models/0/hash',
      'unknown_model /graph/nodes/b/models/1/key',
    ]);
  });
});

describe('assets', () => {
  test.each<[string, unknown, string[]]>([
    ['image', image('x'), ['x']],
    ['image[]', [image('x'), image('y')], ['x', 'y']],
    ['image|null', null, []],
    ['file', { asset_name: 'z', content_type: 'text/plain' }, ['z']],
    ['any', { deep: [{ inner: image('x') }] }, ['x']],
    ['string', 'image_name', []],
    ['integer', image('x'), []],
    ['any', { live: Object.assign(new Float32Array(1), image('x')) }, []],
  ])('in a value of type %s: %j names %j', (type, value, names) => {
    expect(assetReferences(type, value)).toEqual(names);
  });

  test('in a graph and a batch', () => {
    const graph = graphOf({
      i: { type: 'image_to_image', image: image('literal'), prompt: '"image_name":"no"' },
      l: { type: 'list' },
    });
    const data = [
      [{ node_path: 'i', field_name: 'prompt', items: ['a', 'b'] }],
      [{ node_path: 'i', field_name: 'image', items: [image('x'), image('y')] }],
    ];
    const result = pinBatch(Batch.parse({ graph, data }), TEST_CATALOGUE, ['batch']);
    if (!result.ok) throw new Error(JSON.stringify(result.faults));
    expect(graphAssets(result.graph, TEST_CATALOGUE)).toEqual([
      { path: ['nodes', 'i', 'image'], asset_name: 'literal' },
    ]);
    expect(planAssets(result.plan, result.graph, TEST_CATALOGUE)).toEqual([
      { path: ['data', 1, 0, 'items', 0], asset_name: 'x' },
      { path: ['data', 1, 0, 'items', 1], asset_name: 'y' },
    ]);
  });
});
