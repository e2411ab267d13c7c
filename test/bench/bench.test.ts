import { describe, expect, test } from 'vitest';
import { defineBench, isMet } from './bench.ts';
import { loadRows } from './rows.ts';
import { measured, percentile } from './sample.ts';
import { json, resultsOf, table } from './table.ts';

test('percentile takes the nearest rank', () => {
  const samples = [5, 1, 4, 2, 3];
  expect(percentile(samples, 0.5)).toBe(3);
  expect(percentile(samples, 0.99)).toBe(5);
  expect(percentile([7], 0.01)).toBe(7);
  expect(() => percentile([], 0.5)).toThrow('needs a sample');
  expect(measured(samples)).toEqual({ value: 3, p50: 3, p99: 5, runs: 5 });
});

test('isMet judges the value and the percentiles', () => {
  const at = (value: number, p99 = value) => ({ value, p50: value, p99, runs: 1 });
  expect(isMet(undefined, at(1))).toBeUndefined();
  expect(isMet({ at_most: 30 }, at(30))).toBe(true);
  expect(isMet({ at_most: 30 }, at(31))).toBe(false);
  expect(isMet({ at_least: 30 }, at(29))).toBe(false);
  expect(isMet({ p50: 5, p99: 20 }, at(4, 21))).toBe(false);
  expect(isMet({ p50: 5, p99: 20 }, at(4, 20))).toBe(true);
});

describe('results', () => {
  const bench = defineBench({
    name: 'enqueue_5000',
    what: 'one batch',
    unit: 'ms',
    target: { at_most: 30 },
    runs: 5,
    parts: { bytes: { what: 'size of a session', unit: 'bytes', target: { at_most: 64 } } },
    run: async () => ({ value: 12.345, p99: 1234.5, runs: 5, parts: { bytes: { value: 80, runs: 1 } } }),
  });

  test('are one line a figure, and one entry a figure in JSON', async () => {
    const results = resultsOf(bench, await bench.run({ runs: 5, progress: () => {}, signal: AbortSignal.abort() }));
    const lines = table(results).split('\n');
    expect(lines[1]).toMatch(/^enqueue_5000 +12\.3 ms +1,235 +≤ 30\.0 +yes +one batch$/);
    expect(lines[2]).toMatch(/^enqueue_5000\.bytes +80\.0 bytes +≤ 64\.0 +NO +size of a session$/);
    expect(JSON.parse(json(results))).toEqual({
      enqueue_5000: { value: 12.345, p99: 1234.5, runs: 5, unit: 'ms' },
      'enqueue_5000.bytes': { value: 80, runs: 1, unit: 'bytes' },
    });
  });

  test('of a row that failed say so and are missing in JSON', () => {
    const results = resultsOf(bench, undefined);
    expect(table(results)).toContain('failed');
    expect(json(results)).toBe('{}');
  });
});

test('every row loads, under the name of its file', async () => {
  const rows = await loadRows();
  expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
});
