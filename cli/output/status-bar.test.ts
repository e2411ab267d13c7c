import fc from 'fast-check';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { STATUS_NAMES } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';
import { statusBar, statusCounts } from './status-bar.ts';

const plain = pc.createColors(false);
const counts = (given: Partial<StatusCounts>): StatusCounts => {
  const all = Object.fromEntries(STATUS_NAMES.map((status) => [status, given[status] ?? 0])) as StatusCounts;
  return { ...all, total: STATUS_NAMES.reduce((sum, status) => sum + all[status], 0) };
};

test.each([
  [{}, ''],
  [{ pending: 1 }, '··········'],
  [{ pending: 1, completed: 1 }, '·····====='],
  // Ten thousand hide nothing that is there at all.
  [{ completed: 10_000, failed: 1 }, '=========!'],
])('%j', (given, bar) => {
  expect(statusBar(counts(given), 10, plain)).toBe(bar);
});

test('is as wide as it should be, and shows each status that there is', () => {
  const count = fc.nat({ max: 1_000_000 });
  fc.assert(
    fc.property(
      fc.tuple(count, count, count, count, count, count),
      fc.integer({ min: 6, max: 200 }),
      (values, width) => {
        const given = counts(Object.fromEntries(STATUS_NAMES.map((status, at) => [status, values[at]])));
        const bar = statusBar(given, width, plain);
        expect(bar).toHaveLength(given.total === 0 ? 0 : width);
        expect(new Set(bar).size).toBe(values.filter((value) => value > 0).length);
      },
    ),
  );
});

test('counts name what there is; colours only where they are shown', () => {
  expect(statusCounts(counts({ pending: 2, failed: 1 }), plain)).toBe('2 pending   1 failed');
  expect(statusBar(counts({ failed: 1 }), 2, pc.createColors(true))).toBe('\u001b[31m██\u001b[39m');
});
