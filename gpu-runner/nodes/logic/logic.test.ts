import { expect, it, test } from 'vitest';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { booleanLogicNode } from './boolean-logic.ts';
import { floatCompareNode } from './float-compare.ts';
import { integerCompareNode } from './integer-compare.ts';
import { stringCompareNode } from './string-compare.ts';

const context = testContext();
const valueFrom = async (node: Node, inputs: Record<string, unknown>) =>
  (await context.run(node, withDefaults(node, inputs))).value;

test.each([
  ['AND', [false, false, false, true]],
  ['OR', [false, true, true, true]],
  ['XOR', [false, true, true, false]],
  ['NAND', [true, true, true, false]],
  ['NOR', [true, false, false, false]],
  ['NOT', [true, true, false, false]],
])('boolean_logic: %s', async (operation, truth) => {
  const rows = [false, true].flatMap((a) => [false, true].map((b) => ({ operation, a, b })));
  expect(await Promise.all(rows.map((row) => valueFrom(booleanLogicNode, row)))).toEqual(truth);
});

/** What holds when a comes before b, equals it, comes after it. */
const COMPARISONS: [comparison: string, holds: [before: boolean, equal: boolean, after: boolean]][] = [
  ['==', [false, true, false]],
  ['!=', [true, false, true]],
  ['<', [true, false, false]],
  ['<=', [true, true, false]],
  ['>', [false, false, true]],
  ['>=', [false, true, true]],
];

test.each(COMPARISONS)('%s compares integers, numbers and texts', async (comparison, holds) => {
  const all = async (node: Node, low: unknown, high: unknown) => [
    await valueFrom(node, { comparison, a: low, b: high }),
    await valueFrom(node, { comparison, a: low, b: low }),
    await valueFrom(node, { comparison, a: high, b: low }),
  ];
  expect(await all(integerCompareNode, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toEqual(holds);
  expect(await all(floatCompareNode, 0.1, 0.1000000001)).toEqual(holds);
  expect(await all(stringCompareNode, 'B', 'a')).toEqual(holds);
  expect(await all(stringCompareNode, '', 'a')).toEqual(holds);
});

it('float_compare takes numbers within the tolerance as equal, for every comparison', async () => {
  const near = { a: 0.1 + 0.2, b: 0.3 };
  expect(await valueFrom(floatCompareNode, { comparison: '==', ...near })).toBe(false);
  expect(await valueFrom(floatCompareNode, { comparison: '==', ...near, tolerance: 1e-9 })).toBe(true);
  expect(await valueFrom(floatCompareNode, { comparison: '>', ...near, tolerance: 1e-9 })).toBe(false);
  expect(await valueFrom(floatCompareNode, { comparison: '>=', ...near, tolerance: 1e-9 })).toBe(true);
  expect(await valueFrom(floatCompareNode, { comparison: '<', a: -1e308, b: 1e308 })).toBe(true);
});

it('string_compare may leave case out of account', async () => {
  expect(await valueFrom(stringCompareNode, { a: 'ÄPFEL', b: 'äpfel' })).toBe(false);
  expect(await valueFrom(stringCompareNode, { a: 'ÄPFEL', b: 'äpfel', ignore_case: true })).toBe(true);
  expect(await valueFrom(stringCompareNode, { comparison: '<', a: 'B', b: 'a', ignore_case: true })).toBe(false);
});
