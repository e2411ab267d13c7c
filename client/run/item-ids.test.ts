import { expect, test } from 'vitest';
import { ItemIds } from './item-ids.ts';

test('each id is counted once, and none that the batch does not have', () => {
  const ids = new ItemIds();
  ids.bound(10, 20);
  expect([ids.add(10), ids.add(29), ids.add(17), ids.add(17)]).toEqual([true, true, true, false]);
  expect([ids.add(9), ids.add(30)]).toEqual([false, false]);
  expect([ids.has(10), ids.has(11), ids.has(29), ids.has(30)]).toEqual([true, false, true, false]);
  expect(ids.size).toBe(3);
  expect([...ids.missing()]).toEqual([11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28]);
});

test('what was added before the batch was known is kept as far as it is of the batch', () => {
  const ids = new ItemIds();
  expect([ids.add(7), ids.add(8), ids.add(8), ids.size]).toEqual([true, true, false, 2]);
  expect([...ids.missing()]).toEqual([]);
  ids.bound(8, 2);
  expect([ids.has(7), ids.has(8), ids.size]).toEqual([false, true, 1]);
  ids.bound(1, 1_000);
  expect([...ids.missing()]).toEqual([9]);
});

test('a batch of nothing has nothing', () => {
  const ids = new ItemIds();
  ids.bound(5, 0);
  expect([ids.add(5), ids.size, [...ids.missing()]]).toEqual([false, 0, []]);
});
