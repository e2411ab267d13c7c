import { describe, expect, test } from 'vitest';
import type { Problem } from '../../contract/error/problem.ts';
import { BATCH_DATA_MAX } from '../../contract/limits.ts';
import type { Batch, BatchDatum, BatchValue } from '../../contract/queue/batch.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { ProblemError } from '../problem.ts';
import { compileBatch } from './compile.ts';

const account = { lookupModels: async () => new Map(), readableAssets: async () => new Set<string>() };
const options = {
  batch_id: 'b',
  user_id: 'u',
  prepend: false,
  allow_partial: false,
  base: ['batch'],
  lane: 0,
  traceparent: null,
  idempotency: null,
  now: Date.parse('2030-01-01'),
};
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`);
const datum = (node_path: string, ...items: BatchValue[]): BatchDatum => ({ node_path, field_name: 'value', items });

function aBatch(count: number, data: BatchDatum[][], more: Partial<Batch> = {}): Batch {
  const node = { type: 'string', value: '', is_intermediate: false, use_cache: true };
  return {
    graph: { nodes: Object.fromEntries(ids(count).map((id) => [id, node])), edges: [] },
    data,
    runs: 1,
    priority: 0,
    ...more,
  };
}

async function faultsOf(batch: Batch): Promise<string[]> {
  const refused = await compileBatch(batch, BUILTIN_CATALOGUE, account, options).then(
    () => null,
    (error: unknown) => error,
  );
  if (refused === null) return [];
  if (!(refused instanceof ProblemError)) throw refused;
  return (refused.options.errors as NonNullable<Problem['errors']>).map(({ pointer, code }) => `${code} ${pointer}`);
}

describe('a batch that could not be stored or carried is refused by its place', () => {
  const long = 'x'.repeat(60_000);

  test('values that vary together are one row', async () => {
    expect(await faultsOf(aBatch(31, [ids(31).map((id) => datum(id, long))]))).toEqual([]);
    expect(await faultsOf(aBatch(32, [ids(32).map((id) => datum(id, long))]))).toEqual(['too_large /batch/data/0']);
    // Two bytes a character on disk.
    const wide = 'ж'.repeat(30_000);
    expect(await faultsOf(aBatch(32, [ids(32).map((id) => datum(id, wide))]))).toEqual(['too_large /batch/data/0']);
  });

  test('the values of an item travel in one answer', async () => {
    expect(
      await faultsOf(
        aBatch(
          66,
          ids(66).map((id) => [datum(id, long)]),
        ),
      ),
    ).toEqual([]);
    expect(
      await faultsOf(
        aBatch(
          68,
          ids(68).map((id) => [datum(id, long)]),
        ),
      ),
    ).toEqual(['too_large /batch/data']);
  });

  test('a batch travels in one call, where one wide character makes a text wide', async () => {
    const wide = Array.from({ length: 300 }, (_, index) => `${index}ж${long}`);
    expect(await faultsOf(aBatch(1, [[datum('s0', ...wide)]]))).toEqual(['too_large /batch']);
    const narrow = wide.map((text) => text.replace('ж', 'é'));
    expect(await faultsOf(aBatch(1, [[datum('s0', ...narrow)]]))).toEqual([]);
  });

  test('so many fields vary', async () => {
    const data = ids(BATCH_DATA_MAX + 1).map((id) => datum(id, 'a'));
    expect(await faultsOf(aBatch(BATCH_DATA_MAX, [data.slice(1)]))).not.toContain('too_large /batch/data');
    expect(await faultsOf(aBatch(BATCH_DATA_MAX + 1, [data]))).toEqual(['too_large /batch/data']);
  });

  test('a workflow is one value', async () => {
    expect(await faultsOf(aBatch(1, [], { workflow: { a: 'x'.repeat(1_899_000) } }))).toEqual([]);
    expect(await faultsOf(aBatch(1, [], { workflow: { a: 'ж'.repeat(1_000_000) } }))).toEqual([
      'too_large /batch/workflow',
    ]);
  });
});

test('a compiled batch names every asset of its graph and its values once', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((letter) => ({ image_name: letter.repeat(64) }));
  const node = (image: object) => ({ type: 'save_image', image, is_intermediate: false, use_cache: true });
  const batch: Batch = {
    ...aBatch(0, [[{ node_path: 's1', field_name: 'image', items: [b, c, b] as BatchValue[] }]]),
    graph: { nodes: { s0: node(a!), s1: node(a!), s2: node(b!) }, edges: [] },
  };
  const readable = { ...account, readableAssets: async (names: readonly string[]) => new Set(names) };
  const compiled = await compileBatch(batch, BUILTIN_CATALOGUE, readable, options);
  expect(compiled.assets.sort()).toEqual(['a', 'b', 'c'].map((letter) => letter.repeat(64)));
});

test.each([
  ['2029-12-31T00:00:00.000Z', null, ['invalid_value /batch/deadline']],
  ['2030-01-02T00:00:00.000Z', '2030-01-03T00:00:00.000Z', ['invalid_value /batch/deadline']],
  ['2030-01-04T00:00:00.000Z', '2030-01-03T00:00:00.000Z', []],
])('a batch that could only fail is refused: deadline %s, start_after %s', async (deadline, start_after, faults) => {
  expect(await faultsOf({ ...aBatch(1, []), deadline, start_after })).toEqual(faults);
});
