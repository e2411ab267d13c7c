import { describe, expect, test } from 'vitest';
import { Batch } from '../../contract/queue/batch.ts';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { pinBatch } from './pin.ts';
import { planBatch } from './plan.ts';
import { valuesAt } from './position.ts';

const prompt = (text: string) => ({ type: 'prompt', prompt: text });
const GRAPH = graphOf({ '1': prompt('Chevy'), '2': prompt('Toyota'), '3': prompt('Subaru'), '4': prompt('Nissan') });

type Data = { node_path: string; field_name: string; items: unknown[] }[][];
const datum = (node_path: string, field_name: string, items: unknown[]) => ({ node_path, field_name, items });

const batchOf = (data: Data | undefined, options: Record<string, unknown> = {}) =>
  Batch.parse({ graph: GRAPH, data, ...options });

function plan(data: Data | undefined, options: Record<string, unknown> = {}) {
  const batch = batchOf(data, options);
  const result = planBatch(batch, pinnedOf(batch.graph), TEST_CATALOGUE, ['batch']);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.plan;
}

function faults(data: Data, options: Record<string, unknown> = {}): string[] {
  const batch = batchOf(data, options);
  const result = planBatch(batch, pinnedOf(batch.graph), TEST_CATALOGUE, ['batch']);
  return result.ok ? [] : result.faults.map(({ code, pointer }) => `${code} ${pointer.replace('/batch/data', '')}`);
}

/** The anchor's example: two prompts zipped, times two. */
const EXAMPLE: Data = [
  [datum('1', 'prompt', ['Ace', 'Bee']), datum('2', 'prompt', ['Cee', 'Dee'])],
  [datum('3', 'prompt', ['Eve', 'Fae'])],
];

const sessions = (data: Data | undefined, options: Record<string, unknown> = {}) => {
  const planned = plan(data, options);
  return Array.from({ length: planned.requested }, (_, index) =>
    valuesAt(planned, index)
      .map(({ value }) => String(value)[0])
      .join(''),
  );
};

describe('planBatch expands', () => {
  test('[B1] groups in lexicographic order, the first slowest, runs outermost', () => {
    expect(sessions(EXAMPLE, { runs: 2 })).toEqual(['ACE', 'ACF', 'BDE', 'BDF', 'ACE', 'ACF', 'BDE', 'BDF']);
  });

  test('[B1] and changes only the fields that are in its data', () => {
    const planned = plan(EXAMPLE, { runs: 2 });
    for (let index = 0; index < 8; index++)
      expect(valuesAt(planned, index).map(({ node_path }) => node_path)).toEqual(['1', '2', '3']);
  });

  test('[B2] the same without runs', () => {
    expect(sessions(EXAMPLE)).toEqual(['ACE', 'ACF', 'BDE', 'BDF']);
  });

  test.each<[string, Data | undefined, number, number]>([
    ['[B3] no data, two runs', undefined, 2, 2],
    ['[B4] no data, one run', undefined, 1, 1],
    ['[B4] an empty list of groups, like no data', [], 3, 3],
    ['an empty group: nothing', [[]], 3, 0],
    ['a field without items: nothing', [[datum('1', 'prompt', [])], [datum('2', 'prompt', ['a', 'b'])]], 3, 0],
  ])('%s', (_, data, runs, requested) => {
    const planned = plan(data, { runs });
    expect(planned.requested).toBe(requested);
    if (data === undefined) expect(valuesAt(planned, 0)).toEqual([]);
  });

  test('[B6] a count that is not enumerated', () => {
    expect(plan(EXAMPLE, { runs: 2 }).requested).toBe(8);
    const items = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    expect(plan([[datum('1', 'prompt', items)], [datum('2', 'prompt', items)]]).requested).toBe(1_000_000);
  });

  test('[B7] every item to its substitutions, by node, field and value', () => {
    expect(valuesAt(plan(EXAMPLE), 1)).toEqual([
      { node_path: '1', field_name: 'prompt', value: 'Ace' },
      { node_path: '2', field_name: 'prompt', value: 'Cee' },
      { node_path: '3', field_name: 'prompt', value: 'Fae' },
    ]);
  });

  test('[B14] image references, one session each', () => {
    const graph = graphOf({ i: { type: 'image_to_image', image: { image_name: 'x' } } });
    const planned = plan([[datum('i', 'image', [{ image_name: 'a' }, { image_name: 'b' }])]], { graph });
    expect(planned.requested).toBe(2);
    expect(valuesAt(planned, 1)).toEqual([{ node_path: 'i', field_name: 'image', value: { image_name: 'b' } }]);
  });

  test('lists as values', () => {
    const graph = graphOf({ c: { type: 'integers' } });
    expect(valuesAt(plan([[datum('c', 'collection', [[1, 2], [], [3]])]], { graph }), 2)[0]?.value).toEqual([3]);
  });

  test('without copying what the request brought', () => {
    const batch = batchOf([[datum('1', 'prompt', ['a', 'b'])]]);
    const result = planBatch(batch, pinnedOf(batch.graph), TEST_CATALOGUE, ['batch']);
    expect(result.ok && result.plan.groups[0]?.items[0]).toBe(batch.data?.[0]?.[0]?.items);
  });
});

describe('planBatch refuses', () => {
  const numbers = {
    graph: graphOf(
      {
        f: { type: 'float' },
        i: { type: 'integer' },
        a: { type: 'add' },
        x: { type: 'any', value: 0 },
        l: { type: 'integers' },
      },
      'i.value > a.a',
    ),
  };
  test.each<[string, Data, string[], Record<string, unknown>?]>([
    [
      '[B8] zipped items of unequal lengths',
      [[datum('1', 'prompt', ['a', 'b']), datum('2', 'prompt', ['c'])]],
      ['batch_length_mismatch /0/1/items'],
    ],
    [
      '[B9] items of several types',
      [[datum('x', 'value', ['Banana', 123])]],
      ['batch_mixed_types /0/0/items/1'],
      numbers,
    ],
    [
      '[B9] and the value that does not fit, too',
      [[datum('1', 'prompt', ['Banana', 123])]],
      ['batch_mixed_types /0/0/items/1', 'invalid_type /0/0/items/1'],
    ],
    ['[B9] booleans among numbers', [[datum('x', 'value', [1, true])]], ['batch_mixed_types /0/0/items/1'], numbers],
    [
      '[B11] a field varied in two groups',
      [[datum('1', 'prompt', ['a'])], [datum('1', 'prompt', ['b'])]],
      ['batch_duplicate_field /1/0/field_name'],
    ],
    [
      'a field varied twice in one group',
      [[datum('1', 'prompt', ['a']), datum('1', 'prompt', ['b'])]],
      ['batch_duplicate_field /0/1/field_name'],
    ],
    ['an unknown node', [[datum('9', 'prompt', ['a'])]], ['unknown_node /0/0/node_path']],
    ['a node that an object inherits', [[datum('constructor', 'prompt', ['a'])]], ['unknown_node /0/0/node_path']],
    ['[B13] an unknown field', [[datum('1', 'prompts', ['a'])]], ['unknown_field /0/0/field_name']],
    ['[B13] a common field', [[datum('1', 'use_cache', [true])]], ['unknown_field /0/0/field_name']],
    [
      'a value of another type, wherever it stands',
      [[datum('i', 'value', [1, 1.5, 2, 2.5])]],
      ['invalid_type /0/0/items/1', 'invalid_type /0/0/items/3'],
      numbers,
    ],
    [
      'an element of another type',
      [[datum('l', 'collection', [[1], [2, 3.5]])]],
      ['invalid_type /0/0/items/1/1'],
      numbers,
    ],
    ['a field with an edge', [[datum('a', 'a', [1])]], ['edge_occupied /0/0/field_name'], numbers],
    ['a value of too many bytes', [[datum('1', 'prompt', ['a', 'b'.repeat(65_535)])]], ['too_large /0/0/items/1']],
    ['more items than a batch may have', [[datum('1', 'prompt', ['a', 'b'])]], ['too_large '], { runs: 500_001 }],
  ])('%s', (_, data, expected, options) => {
    expect(faults(data, options)).toEqual(expected);
  });

  test('[B8] [B9] [B11] [B13] with sentences that say what is wrong', () => {
    const details = (data: Data) => {
      const result = pinBatch(batchOf(data), TEST_CATALOGUE, ['batch']);
      return result.ok ? '' : result.faults.map(({ detail }) => detail).join('\n');
    };
    expect(details([[datum('1', 'prompt', ['a', 'b']), datum('2', 'prompt', ['c'])]])).toContain(
      'must all have the same length',
    );
    expect(details([[datum('1', 'prompt', ['Banana', 123])]])).toContain('must have the same type');
    expect(details([[datum('1', 'prompt', ['a'])], [datum('1', 'prompt', ['b'])]])).toContain('varied twice');
    expect(details([[datum('1', 'prompts', ['a'])]])).toContain('Field "prompts" not found in node "1"');
  });

  test('[B10] but not integers among floats, whichever comes first', () => {
    expect(faults([[datum('f', 'value', [1, 1.5])]], numbers)).toEqual([]);
    expect(faults([[datum('f', 'value', [1.5, 1])]], numbers)).toEqual([]);
  });

  test('and holds the limits at their number', () => {
    expect(faults([[datum('1', 'prompt', ['b'.repeat(65_534)])]])).toEqual([]);
    expect(faults([[datum('1', 'prompt', ['a', 'b'])]], { runs: 500_000 })).toEqual([]);
  });

  test('an astronomic product, in no time, unless an empty group makes it nothing', () => {
    const items = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const nodes = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`n${index}`, prompt('x')]));
    const data = Object.keys(nodes).map((id) => [datum(id, 'prompt', items)]);
    expect(faults(data, { graph: graphOf(nodes) })).toEqual(['too_large ']);
    expect(plan([...data, []], { graph: graphOf(nodes) }).requested).toBe(0);
  });
});

describe('pinBatch', () => {
  test('reports the faults of graph and data in one answer, and none twice', () => {
    const graph = graphOf({ a: { type: 'nope' }, b: { type: 'prompt' } });
    const batch = batchOf([[datum('a', 'x', [1]), datum('b', 'prompt', [2]), datum('c', 'y', [3])]], { graph });
    const result = pinBatch(batch, TEST_CATALOGUE, ['batch']);
    expect(result.ok ? [] : result.faults.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'unknown_node_type /batch/graph/nodes/a/type',
      'invalid_type /batch/data/0/1/items/0',
      'unknown_node /batch/data/0/2/node_path',
    ]);
  });

  test('lets a node leave out what the batch gives', () => {
    const graph = graphOf({ b: { type: 'prompt' } });
    expect(pinBatch(batchOf([[datum('b', 'prompt', ['x'])]], { graph }), TEST_CATALOGUE, ['batch']).ok).toBe(true);
  });

  test('judges 100,000 strings in 100 ms', () => {
    const items = Array.from({ length: 100_000 }, (_, index) => `a circle number ${index} on blue`);
    const batch = batchOf([[datum('1', 'prompt', items)]]);
    const times = Array.from({ length: 3 }, () => {
      const before = performance.now();
      expect(pinBatch(batch, TEST_CATALOGUE, ['batch']).ok).toBe(true);
      return performance.now() - before;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });
});
