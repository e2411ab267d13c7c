/** Models on their way from an edge to a node, through a real agent and a real device. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { type Model, manifestText } from '../../contract/store/model.ts';
import { cacheFolder, edge, graphOf, start, statuses, useEdge, values } from './testing/agents.ts';

useEdge();

const BLAZEFACE = readFileSync(new URL('../../models/blazeface/model.onnx', import.meta.url));
const digest = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** A model that differs from others by a name only: bytes behind its end are a field that nobody knows. */
function publish(key: string): { key: string; hash: string } {
  const bytes = Buffer.concat([BLAZEFACE, Buffer.from([0xc2, 0x0c, key.length]), Buffer.from(key)]);
  const files = [{ path: 'model.onnx', sha256: digest(bytes), size: bytes.length }];
  const hash = digest(manifestText({ type: 'onnx', files }));
  const model: Model = {
    ...{ key, hash, type: 'onnx', base: 'any', status: 'ready', files, missing: [] },
    created_at: '2026-01-01T00:00:00.000Z',
  };
  edge.models.set(key, { model, files: new Map([[digest(bytes), bytes]]) });
  return { key, hash };
}

const describing = (model: object): PinnedGraph => ({
  engine: 1,
  types: { onnx_info: '1.0.0' },
  nodes: [{ id: 'describe', type: 'onnx_info', is_intermediate: false, use_cache: true, model }],
  edges: [],
});

let batches = 0;
/** Asks for a model and returns the node's error, if it failed. */
async function use(model: object) {
  const [item_id = 0] = edge.queue.enqueue(`b${++batches}`, describing(model), [[]]);
  edge.order({ order: 'wake' });
  await edge.until(() => edge.queue.isDone);
  return edge.queue.item(item_id).state.error;
}

async function killDevice(): Promise<void> {
  edge.queue.enqueue(`b${++batches}`, graphOf('die'), [[]]);
  edge.order({ order: 'wake' });
  await edge.until(() => edge.queue.isDone);
}

test('claims name the models that are loaded, and none of a device that died', async () => {
  const [a, b, c] = [publish('a'), publish('b'), publish('c')];
  // 4 MB of each model's estimate are for its session.
  start({ settings: { model_memory_bytes: 10 * 2 ** 20 } });
  expect([await use(a), await use(b)]).toEqual([null, null]);
  await edge.until(() => edge.claims.at(-1)?.models.length === 2);
  expect(edge.claims[0]?.models).toEqual([]);
  expect(edge.claims.at(-1)?.models).toEqual([b.hash, a.hash]);
  await use(c);
  await edge.until(() => edge.claims.at(-1)?.models[0] === c.hash);
  expect(edge.claims.at(-1)?.models).toEqual([c.hash, b.hash]);
  const before = edge.claims.length;
  await killDevice();
  await edge.until(() => edge.claims.slice(before).some(({ models }) => models.length === 0));
});

test('the owner of an item sees what its node waits for', async () => {
  const model = publish('m');
  start();
  await edge.until(() => edge.socketCount === 1);
  edge.order({ order: 'watch', watched: true });
  // The order goes to the device on the same way as the item, before it.
  expect(await use(model)).toBeNull();
  await edge.until(() => edge.reports.some(({ report }) => report === 'model_load_complete'));
  const told = edge.reports.map((each) => (each.report === 'progress' ? each.message : each.report));
  expect(told.slice(0, 2)).toEqual(['model_load_started', 'downloading m']);
  expect(told.at(-1)).toBe('model_load_complete');
  expect(edge.reports.find((each) => each.report === 'model_load_complete')).toMatchObject({
    model: { ...model, type: 'onnx' },
  });
});

test('a model that is larger than the budget is its node’s error, and the next one is had', async () => {
  const model = publish('m');
  start({ settings: { model_memory_bytes: 2 ** 20 } });
  expect(await use(model)).toMatchObject({
    error_type: 'ModelMemoryError',
    error_message: expect.stringMatching(
      /^model 'm': it takes about \d MB, and loaded models may take 1 MB \(--model-memory\) here$/,
    ),
  });
  edge.queue.enqueue('next', graphOf('integer'), values(1));
  edge.order({ order: 'wake' });
  await edge.until(() => edge.queue.isDone);
  expect(statuses()).toEqual(['failed', 'completed']);
});

test('a file that was damaged on the disk is fetched again when it does not load', async () => {
  const model = publish('m');
  start();
  expect(await use(model)).toBeNull();
  const file = `${cacheFolder()}/models/${model.hash}/model.onnx`;
  writeFileSync(file, Buffer.alloc(readFileSync(file).length));
  // The model is in memory still.
  expect(await use(model)).toBeNull();
  await killDevice();
  expect(await use(model)).toBeNull();
  expect(readFileSync(file).some((byte) => byte !== 0)).toBe(true);
  expect(edge.calls.file).toBe(2);
});
