import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { LIST_ITEMS_MAX } from '../bounds.ts';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { floatRangeNode } from './float-range.ts';
import { randomRangeNode } from './random-range.ts';
import { rangeNode } from './range.ts';
import { rangeOfSizeNode } from './range-of-size.ts';

const context = testContext();
const run = async (node: Node, inputs: Record<string, unknown>) =>
  (await context.run<{ collection: number[] }>(node, withDefaults(node, inputs))).collection;

test.each([
  [{}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [{ start: 1, stop: 8, step: 3 }, [1, 4, 7]],
  [{ start: 1, stop: 7, step: 3 }, [1, 4]],
  [{ start: 3, stop: -3, step: -2 }, [3, 1, -1]],
  [{ start: 3, stop: 3 }, []],
  [{ start: 3, stop: 1 }, []],
  [{ start: 1, stop: 3, step: -1 }, []],
])('range: %j', async (inputs, collection) => {
  expect(await run(rangeNode, inputs)).toEqual(collection);
});

it('range has the numbers of Python: those at whole steps from start, up to stop', async () => {
  const number = fc.integer({ min: -60, max: 60 });
  await fc.assert(
    fc.asyncProperty(number, number, number, async (start, stop, step) => {
      fc.pre(step !== 0);
      const wanted: number[] = [];
      for (let value = start; step > 0 ? value < stop : value > stop; value += step) wanted.push(value);
      expect(await run(rangeNode, { start, stop, step })).toEqual(wanted);
    }),
  );
});

test.each([
  [rangeNode, { step: 0 }, 'step must not be 0'],
  [rangeOfSizeNode, { size: 3, step: 0 }, 'step must not be 0'],
  [rangeNode, { stop: LIST_ITEMS_MAX + 1 }, 'the collection would have 100001 elements, more than 100000'],
  [rangeNode, { start: -Number.MAX_SAFE_INTEGER, stop: Number.MAX_SAFE_INTEGER }, 'more than 100000'],
  [rangeOfSizeNode, { start: Number.MAX_SAFE_INTEGER, size: 2 }, 'is beyond what an integer holds'],
  [floatRangeNode, { start: -1.5e308, stop: 1.5e308 }, 'stop − start is not a finite number'],
  [randomRangeNode, { low: 3, high: 3 }, 'low (3) must be less than high (3)'],
] as const)('%#: refuses what has no end, or is too large', async (node, inputs, message) => {
  await expect(run(node, inputs)).rejects.toThrow(message);
});

it('takes as many numbers as a list may have', async () => {
  expect(await run(rangeNode, { stop: LIST_ITEMS_MAX })).toHaveLength(LIST_ITEMS_MAX);
  expect(await run(rangeNode, { start: Number.MAX_SAFE_INTEGER - 1, stop: Number.MAX_SAFE_INTEGER })).toHaveLength(1);
});

it('range_of_size counts up or down from start', async () => {
  expect(await run(rangeOfSizeNode, { start: 5, size: 3, step: -2 })).toEqual([5, 3, 1]);
  expect(await run(rangeOfSizeNode, {})).toEqual([0]);
  expect(await run(rangeOfSizeNode, { size: 0 })).toEqual([]);
});

it('float_range has equal distances and both ends exactly', async () => {
  expect(await run(floatRangeNode, { start: 0, stop: 1, steps: 5 })).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(await run(floatRangeNode, { start: 1, stop: -1, steps: 3 })).toEqual([1, 0, -1]);
  expect(await run(floatRangeNode, { start: 2, stop: 9, steps: 1 })).toEqual([2]);
  expect(await run(floatRangeNode, { steps: 0 })).toEqual([]);
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  await fc.assert(
    fc.asyncProperty(number, number, fc.integer({ min: 2, max: 50 }), async (start, stop, steps) => {
      const collection = await run(floatRangeNode, { start, stop, steps });
      expect([collection.length, collection[0], collection.at(-1)]).toEqual([steps, start, stop]);
      collection.forEach((value, i) => {
        expect(value).toBeCloseTo(start + ((stop - start) * i) / (steps - 1), 6);
      });
    }),
  );
});

it('random_range follows from its seed, and a longer one begins as a shorter one', async () => {
  const inputs = { low: -5, high: 5, seed: 42 };
  const long = await run(randomRangeNode, { ...inputs, size: 200 });
  expect(await run(randomRangeNode, { ...inputs, size: 20 })).toEqual(long.slice(0, 20));
  expect(new Set(long)).toEqual(new Set([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4]));
  expect(await run(randomRangeNode, { ...inputs, size: 20, seed: 43 })).not.toEqual(long.slice(0, 20));
  expect(await run(randomRangeNode, { size: 0 })).toEqual([]);
});
