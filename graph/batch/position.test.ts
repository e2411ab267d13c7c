import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldValues, positionsAt, rowAt } from './position.ts';

/** The product written out the slow way: the first list slowest. */
const product = (lengths: number[]): number[][] =>
  lengths.reduce<number[][]>(
    (rows, length) => rows.flatMap((row) => Array.from({ length }, (_, position) => [...row, position])),
    [[]],
  );

test('[B1] [B6] positions run through the product in lexicographic order, each once, and again for each run', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 3 }), (groups, runs) => {
      const rows = product(groups);
      const positions = Array.from({ length: runs * rows.length }, (_, index) => positionsAt(groups, index));
      expect(positions).toEqual(Array.from({ length: runs }, () => rows).flat());
    }),
  );
});

test('positions stay exact for the largest batch of many groups', () => {
  expect(positionsAt([10, 10, 10, 10, 10, 10], 987_654)).toEqual([9, 8, 7, 6, 5, 4]);
  expect(positionsAt([], 5)).toEqual([]);
});

test('a row has one value of each field, and becomes their substitutions', () => {
  const fields = [
    { node_path: 'a', field_name: 'x' },
    { node_path: 'b', field_name: 'y' },
  ];
  const group = {
    length: 2,
    fields,
    items: [
      [1, 2],
      ['p', 'q'],
    ],
  };
  expect(rowAt(group, 1)).toEqual([2, 'q']);
  expect(fieldValues(fields, rowAt(group, 1))).toEqual([
    { node_path: 'a', field_name: 'x', value: 2 },
    { node_path: 'b', field_name: 'y', value: 'q' },
  ]);
});
