import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ItemRange, perEvent, spansOf, without } from './selection.ts';

/** Ranges in the order of their ids, with and without gaps, of few batches and statuses. */
const ranges = fc
  .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 5 }), fc.nat(2), fc.boolean()), { maxLength: 30 })
  .map((parts) => {
    let next = 1;
    return parts.map(([gap, size, batch_no, waits]): ItemRange => {
      const first = next + gap;
      next = first + size;
      return { batch_no, user_id: 'ann', status: waits ? 'waiting' : 'pending', first, last: next - 1 };
    });
  });

const ids = (list: readonly (readonly [number, number])[]) =>
  list.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
const idsOf = (list: readonly ItemRange[]) => ids(list.map(({ first, last }) => [first, last]));

describe('ranges of items', () => {
  test('spans and events name each id once, in order, and join what follows on each other', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const spans = spansOf(list);
        expect(ids(spans)).toEqual(idsOf(list));
        for (const [index, [first]] of spans.entries()) expect(spans[index - 1]?.[1]).not.toBe(first - 1);
        const named = perEvent(list).flat();
        expect(ids(named.map(([, first, last]) => [first, last]))).toEqual(idsOf(list));
        const batchOf = new Map(list.flatMap((range) => idsOf([range]).map((id) => [id, range.batch_no])));
        for (const [batch_no, first, last] of named)
          for (const id of ids([[first, last]])) expect(batchOf.get(id)).toBe(batch_no);
      }),
    );
  });

  test('without some items, the others are left', () => {
    fc.assert(
      fc.property(ranges, fc.uniqueArray(fc.integer({ min: 0, max: 120 })), (list, left) => {
        const gone = new Set(left);
        const rest = without(list, left);
        expect(idsOf(rest)).toEqual(idsOf(list).filter((id) => !gone.has(id)));
        for (const { first, last } of rest) expect(first).toBeLessThanOrEqual(last);
      }),
    );
  });

  test('one event names so many ids that it can be stored and sent', () => {
    const range = (first: number, last: number): ItemRange => ({
      batch_no: 1,
      user_id: 'ann',
      status: 'pending',
      first,
      last,
    });
    expect(perEvent([range(1, 100_000)])).toEqual([[[1, 1, 100_000]]]);
    expect(perEvent([range(1, 250_000)])).toEqual([
      [[1, 1, 100_000]],
      [[1, 100_001, 200_000]],
      [[1, 200_001, 250_000]],
    ]);
    const scattered = Array.from({ length: 25_000 }, (_, index) => range(2 * index + 1, 2 * index + 1));
    expect(perEvent(scattered).map((event) => event.length)).toEqual([10_000, 10_000, 5_000]);
    expect(perEvent([])).toEqual([]);
  });
});
