import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { LIST_ITEMS_MAX } from '../bounds.ts';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { collectionConcatNode } from './collection-concat.ts';
import { collectionContainsNode } from './collection-contains.ts';
import { collectionFlattenNode } from './collection-flatten.ts';
import { collectionItemNode } from './collection-item.ts';
import { collectionReverseNode } from './collection-reverse.ts';
import { collectionSizeNode } from './collection-size.ts';
import { collectionSliceNode } from './collection-slice.ts';
import { collectionSortNode } from './collection-sort.ts';
import { collectionUniqueNode } from './collection-unique.ts';
import { isEmptyNode } from './is-empty.ts';

const context = testContext();
const run = (node: Node, inputs: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));
const listOf = async (node: Node, inputs: Record<string, unknown>) => (await run(node, inputs)).collection;

const MIXED = [1, 'a', null, { image_name: 'x' }, [2], false];

it('counts', async () => {
  expect(await run(collectionSizeNode, { collection: MIXED })).toEqual({ value: 6 });
  expect(await run(isEmptyNode, { collection: [] })).toEqual({ value: true });
  expect(await run(isEmptyNode, { collection: [null] })).toEqual({ value: false });
});

describe('collection_item', () => {
  test.each(MIXED.map((value, index) => [index, value]))('takes element %d', async (index, value) => {
    expect(await run(collectionItemNode, { collection: MIXED, index })).toEqual({ value });
    expect(await run(collectionItemNode, { collection: MIXED, index: (index as number) - 6 })).toEqual({ value });
  });

  test.each([6, -7])('refuses element %d of 6', async (index) => {
    await expect(run(collectionItemNode, { collection: MIXED, index })).rejects.toThrow(
      `there is no element ${index}: the collection has 6`,
    );
  });

  it('refuses to take one of none', async () => {
    await expect(run(collectionItemNode, { collection: [] })).rejects.toThrow('there is no element 0');
  });
});

describe('collection_slice', () => {
  const collection = [0, 1, 2, 3, 4, 5];
  test.each([
    [{}, [0, 1, 2, 3, 4, 5]],
    [{ start: 2 }, [2, 3, 4, 5]],
    [{ start: -2 }, [4, 5]],
    [{ stop: 2 }, [0, 1]],
    [{ stop: -1 }, [0, 1, 2, 3, 4]],
    [{ stop: 0 }, []],
    [{ start: 4, stop: 2 }, []],
    [{ start: -99, stop: 99, step: 2 }, [0, 2, 4]],
    [{ start: 1, step: 4 }, [1, 5]],
  ])('%j', async (inputs, wanted) => {
    expect(await listOf(collectionSliceNode, { collection, ...inputs })).toEqual(wanted);
  });

  it('takes what Python takes', async () => {
    const place = fc.integer({ min: -12, max: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat()),
        place,
        fc.option(place),
        fc.integer({ min: 1, max: 5 }),
        async (elements, start, stop, step) => {
          const size = elements.length;
          // Python's rule: a place below 0 counts from the end, then both are cut to the list.
          const cut = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
          const wanted: number[] = [];
          for (let i = cut(start); i < cut(stop ?? size); i += step) wanted.push(elements[i] ?? -1);
          expect(await listOf(collectionSliceNode, { collection: elements, start, stop, step })).toEqual(wanted);
        },
      ),
    );
  });
});

it('concatenates, up to what a list may have', async () => {
  expect(await listOf(collectionConcatNode, { a: [1, 'a'], b: [1] })).toEqual([1, 'a', 1]);
  const a = new Array(LIST_ITEMS_MAX).fill(0);
  expect(await listOf(collectionConcatNode, { a, b: [] })).toHaveLength(LIST_ITEMS_MAX);
  await expect(run(collectionConcatNode, { a, b: [0] })).rejects.toThrow('would have 100001 elements');
});

it('reverses, twice to what it was', async () => {
  expect(await listOf(collectionReverseNode, { collection: MIXED })).toEqual([...MIXED].reverse());
  const once = await listOf(collectionReverseNode, { collection: MIXED });
  expect(await listOf(collectionReverseNode, { collection: once })).toEqual(MIXED);
});

describe('collection_sort', () => {
  it('orders numbers by size and texts by code', async () => {
    expect(await listOf(collectionSortNode, { collection: [10, 9, -1, 0.5] })).toEqual([-1, 0.5, 9, 10]);
    expect(await listOf(collectionSortNode, { collection: ['b', 'B', '10', '9', ''] })).toEqual([
      '',
      '10',
      '9',
      'B',
      'b',
    ]);
    expect(await listOf(collectionSortNode, { collection: [2, 3, 1], descending: true })).toEqual([3, 2, 1]);
    expect(await listOf(collectionSortNode, { collection: [] })).toEqual([]);
  });

  it('leaves what it was given as it was', async () => {
    const collection = [2, 1];
    await run(collectionSortNode, { collection, descending: true });
    expect(collection).toEqual([2, 1]);
  });

  test.each([[[1, 'a']], [[null]], [[true, false]], [[{ image_name: 'x' }]]])('refuses %j', async (collection) => {
    await expect(run(collectionSortNode, { collection })).rejects.toThrow('neither all numbers nor all texts');
  });
});

it('drops repetitions by value, and keeps the first', async () => {
  const collection = [1, '1', 1, { a: 1, b: [2] }, { b: [2], a: 1 }, null, null, true];
  expect(await listOf(collectionUniqueNode, { collection })).toEqual([1, '1', { a: 1, b: [2] }, null, true]);
});

it('finds an element by value', async () => {
  const collection = [1, { a: 1, b: 2 }];
  expect(await run(collectionContainsNode, { collection, item: { b: 2, a: 1 } })).toEqual({ value: true });
  expect(await run(collectionContainsNode, { collection, item: '1' })).toEqual({ value: false });
  expect(await run(collectionContainsNode, { collection: [], item: null })).toEqual({ value: false });
});

it('flatten takes one level of lists away', async () => {
  expect(await listOf(collectionFlattenNode, { collection: [[1, [2]], [], 'a', [3]] })).toEqual([1, [2], 'a', 3]);
  const half = new Array(LIST_ITEMS_MAX / 2).fill(0);
  expect(await listOf(collectionFlattenNode, { collection: [half, half] })).toHaveLength(LIST_ITEMS_MAX);
  await expect(run(collectionFlattenNode, { collection: [half, half, 0] })).rejects.toThrow(
    'would have 100001 elements',
  );
});
