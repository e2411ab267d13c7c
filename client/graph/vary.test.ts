import { expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { EnqueueBatchBody } from '../../contract/queue/batch.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { graph } from './builder.ts';
import { checkBatch } from './check.ts';
import { GraphError } from './literal.ts';
import { later } from './value.ts';
import { batch, product, range, vary, zip } from './vary.ts';

const CATALOGUE = Catalogue.parse(builtin);

function drawing() {
  const g = graph();
  const picture = g.add('load_image', { image: later });
  const noise = g.add('noise', { seed: 0, width: 64 });
  return { g, picture, noise };
}

test('a body says what varies together and what in every combination', () => {
  const { g, picture, noise } = drawing();
  const body = batch(g, {
    vary: product(
      vary(picture, 'image', [{ image_name: 'a' }]),
      zip(vary(noise, 'seed', range(1, 3)), vary(noise, 'width', [64, 128, 256])),
    ),
    runs: 2,
    origin: 'test',
    prepend: true,
  });
  expect(body).toEqual({
    batch: {
      graph: g.toGraph(),
      runs: 2,
      origin: 'test',
      data: [
        [{ node_path: 'load_image', field_name: 'image', items: [{ image_name: 'a' }] }],
        [
          { node_path: 'noise', field_name: 'seed', items: [1, 2, 3] },
          { node_path: 'noise', field_name: 'width', items: [64, 128, 256] },
        ],
      ],
    },
    prepend: true,
  });
  expect(EnqueueBatchBody.safeParse(body).success).toBe(true);
  expect(checkBatch(body, CATALOGUE)).toEqual([]);
});

test('a single variation needs no product, and a batch no variation', () => {
  const { g, noise } = drawing();
  expect(batch(g, { vary: vary(noise, 'seed', [1]) }).batch.data).toEqual([
    [{ node_path: 'noise', field_name: 'seed', items: [1] }],
  ]);
  expect(batch(g.toGraph())).toEqual({ batch: { graph: g.toGraph() } });
  expect(batch(g, { vary: [] })).toEqual({ batch: { graph: g.toGraph() } });
});

test('with the catalogue, faults of the graph and of what varies are told by their place', () => {
  const { g, noise } = drawing();
  const faults = checkBatch(batch(g, { vary: vary(noise, 'seed', [1, -1]) }), CATALOGUE);
  expect(faults.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
    '/batch/graph/nodes/load_image/image missing',
    '/batch/data/0/0/items/1 invalid_value',
  ]);
});

test('what varies together has as many values each', () => {
  const { noise } = drawing();
  expect(() => zip(vary(noise, 'seed', [1, 2]), vary(noise, 'width', [64]))).toThrow(GraphError);
  expect(() => zip(vary(noise, 'seed', [1, 2]), vary(noise, 'width', [64]))).toThrow(
    '"noise.seed" has 2, "noise.width" 1.',
  );
});

test.each([
  [
    [1, 3],
    [1, 2, 3],
  ],
  [
    [3, 1],
    [3, 2, 1],
  ],
  [[5, 5], [5]],
  [
    [0, 10, 4],
    [0, 4, 8],
  ],
  [
    [10, 0, -5],
    [10, 5, 0],
  ],
] as [[number, number, number?], number[]][])('range(%j): %j', (args, numbers) => {
  expect(range(...args)).toEqual(numbers);
});

test.each([
  [0, 4, 0],
  [0, 4, -1],
  [4, 0, 1],
  [0.5, 4, 1],
  [0, Number.POSITIVE_INFINITY, 1],
])('range(%d, %d, %d) is refused', (...args) => {
  expect(() => range(...args)).toThrow('never ends there; give whole numbers');
});

test('a range of more numbers than a batch has is refused, and not made', () => {
  expect(() => range(1, 3e6)).toThrow('1000000 are the most');
});
