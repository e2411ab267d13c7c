/** Tensors and models in graphs: through iterations and collectors, by edges, and after a session is taken up again. */
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import type { Session } from '../../../graph/session/session.ts';
import { graphOf, sessionOf } from '../../../graph/testing/graph-builder.ts';
import { catalogueOf } from '../catalogue.ts';
import { encodeRaster } from '../image/image-codec.ts';
import { BUILTIN_NODES } from '../registry.ts';
import { testContext } from '../testing/context.ts';

const CATALOGUE = catalogueOf(BUILTIN_NODES);
const context = testContext({ x2: fileURLToPath(new URL('../../../models/esrgan-slim-x2', import.meta.url)) });
afterAll(() => context.registry.releaseAll());

/** Runs at most `limit` invocations; gives the ids of those that ran, recomputed ones with "!". */
async function run(session: Session, limit = Number.POSITIVE_INFINITY): Promise<string[]> {
  const ran: string[] = [];
  while (ran.length < limit) {
    const step = session.next();
    if (step.kind !== 'invocation') {
      expect(step).toEqual({ kind: 'complete' });
      break;
    }
    const { id, type, inputs, recompute } = step.invocation;
    session.complete(id, await context.run(BUILTIN_NODES.get(type)!, inputs));
    ran.push(recompute ? `${id}!` : id);
  }
  return ran;
}

const TIMES = graphOf(
  {
    ones: { type: 'tensor_from_list', values: [1, 2], shape: [1, 2] },
    numbers: { type: 'range', start: 1, stop: 4, step: 1 },
    number: { type: 'iterate' },
    times: { type: 'tensor_math', operation: 'mul' },
    all: { type: 'collect' },
    joined: { type: 'tensor_concatenate' },
    sum: { type: 'tensor_reduce', operation: 'sum', axes: [0] },
    list: { type: 'tensor_to_list' },
  },
  ...['numbers.collection > number.collection', 'ones.tensor > times.a', 'number.item > times.value'],
  ...['times.tensor > all.item', 'all.collection > joined.tensors', 'joined.tensor > sum.tensor'],
  'sum.tensor > list.tensor',
);

it('tensors pass through an iteration and a collector', async () => {
  const session = sessionOf(TIMES, [], CATALOGUE);
  expect(await run(session)).toEqual([
    ...['ones', 'numbers', 'times#0', 'times#1', 'times#2', 'joined', 'sum', 'list'],
  ]);
  expect(session.results.get('joined')).toMatchObject({ tensor: { ephemeral: 'tensor', shape: [3, 2] } });
  expect(session.results.get('list')).toMatchObject({ collection: [6, 12] });
});

it.each([1, 2, 3, 4, 5, 6, 7])('a session that is taken up again after %i results ends the same', async (limit) => {
  const first = sessionOf(TIMES, [], CATALOGUE);
  await run(first, limit);
  const second = sessionOf(TIMES, [], CATALOGUE);
  second.restore([...first.results].map(([invocation_id, result]) => ({ invocation_id, result })));
  await run(second);
  expect(second.results.get('list')).toMatchObject({ collection: [6, 12] });
});

it('a loader gives a model to every node that needs it', async () => {
  const pixels = { width: 8, height: 8, mode: 'RGB' as const, data: new Uint8Array(192).fill(100) };
  const image = { image_name: await context.assets.write(await encodeRaster(pixels), 'image/png') };
  const graph = graphOf(
    {
      model: { type: 'onnx_model_loader', model: { key: 'x2' } },
      pixels: { type: 'image_to_tensor', image, scale: [1] },
      named: { type: 'tensor_name', name: 'image' },
      run: { type: 'onnx_run', outputs: ['upscaled'] },
      drawn: { type: 'tensor_to_image', scale: [1] },
      large: { type: 'upscale', image },
      info: { type: 'onnx_info' },
    },
    ...['model.model > run.model', 'model.model > large.model', 'model.model > info.model'],
    ...['pixels.tensor > named.tensor', 'named.tensor > run.inputs', 'run.tensor > drawn.tensor'],
  );
  const session = sessionOf(graph, [], CATALOGUE);
  await run(session);
  for (const id of ['drawn', 'large']) expect(session.results.get(id)).toMatchObject({ width: 16, height: 16 });
  expect(session.results.get('run')).toMatchObject({ tensors: [{ ephemeral: 'tensor', shape: [1, 3, 16, 16] }] });
  expect(session.results.get('info')).toMatchObject({ input_names: ['image'] });
});
