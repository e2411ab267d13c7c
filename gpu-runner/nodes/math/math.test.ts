import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { addNode } from './add.ts';
import { clampFloatNode } from './clamp-float.ts';
import { clampIntegerNode } from './clamp-integer.ts';
import { divNode } from './div.ts';
import { floatMathNode } from './float-math.ts';
import { floatToIntNode } from './float-to-int.ts';
import { integerMathNode } from './integer-math.ts';
import { mulNode } from './mul.ts';
import { roundFloatNode } from './round-float.ts';
import { subNode } from './sub.ts';

const MAX = Number.MAX_SAFE_INTEGER;

const context = testContext();
const run = (node: Node, inputs: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));
const valueFrom = async (node: Node, inputs: Record<string, unknown>) => (await run(node, inputs)).value;

test.each([
  [addNode, 2, -5, -3],
  [addNode, MAX, 0, MAX],
  [subNode, 2, 5, -3],
  [subNode, 0, 0, 0],
  [mulNode, -3, 4, -12],
  [mulNode, 0, -5, 0],
  [divNode, 7, 2, 3],
  [divNode, -7, 2, -3],
  [divNode, -1, 2, 0],
  [divNode, MAX, 2, 2 ** 52 - 1],
] as const)('%#: integers, exactly', async (node, a, b, value) => {
  expect(await run(node, { a, b })).toEqual({ value });
});

test.each([
  [addNode, MAX, 1, '9007199254740991 + 1 is beyond what an integer holds'],
  [subNode, -MAX, 1, '-9007199254740991 − 1 is beyond'],
  [mulNode, 2 ** 27, 2 ** 27, '134217728 × 134217728 is beyond'],
  [divNode, 1, 0, 'cannot divide by zero'],
] as const)('%#: refuses what no integer holds', async (node, a, b, message) => {
  await expect(run(node, { a, b })).rejects.toThrow(message);
});

test.each([
  ['ADD', 2, 3, 5],
  ['SUB', 2, 3, -1],
  ['MUL', 2, 3, 6],
  ['DIV', -7, 2, -3],
  ['EXP', 3, 33, 5559060566555523],
  ['EXP', -2, 3, -8],
  ['EXP', -1, MAX, -1],
  ['EXP', 0, 0, 1],
  ['MOD', -7, 3, 2],
  ['MOD', 7, -3, -2],
  ['ABS', -7, 3, 7],
  ['MIN', -7, 3, -7],
  ['MAX', -7, 3, 3],
])('integer_math: %s of %d and %d is %d', async (operation, a, b, value) => {
  expect(await run(integerMathNode, { operation, a, b })).toEqual({ value });
});

test.each([
  ['DIV', 1, 0, 'cannot divide by zero'],
  ['MOD', 1, 0, 'cannot divide by zero'],
  ['EXP', 2, -1, '2 to the power of -1 is no integer'],
  ['EXP', 2, 53, 'EXP of 2 and 53 is beyond what an integer holds'],
  ['EXP', 7, MAX, 'is beyond what an integer holds'],
  ['MUL', MAX, 2, 'is beyond what an integer holds'],
])('integer_math: %s of %d and %d is refused', async (operation, a, b, message) => {
  await expect(run(integerMathNode, { operation, a, b })).rejects.toThrow(message);
});

test.each([
  ['ADD', 0.1, 0.2, 0.1 + 0.2],
  ['SUB', 1, 0.5, 0.5],
  ['MUL', 1.5, -2, -3],
  ['DIV', 1, 4, 0.25],
  ['EXP', 2, -1, 0.5],
  ['EXP', 2, 0.5, Math.SQRT2],
  ['MOD', -0.5, 2, 1.5],
  ['ABS', -0.5, 2, 0.5],
  ['SQRT', 2.25, 7, 1.5],
  ['MIN', 1, -1, -1],
  ['MAX', 1, -1, 1],
])('float_math: %s of %d and %d is %d', async (operation, a, b, value) => {
  expect(await run(floatMathNode, { operation, a, b })).toEqual({ value });
});

test.each([
  ['DIV', 1, 0, 'cannot divide by zero'],
  ['EXP', 0, -1, 'EXP of 0 and -1 is not a finite number'],
  ['EXP', -8, 0.5, 'is not a finite number'],
  ['SQRT', -1, 1, 'SQRT of -1 and 1 is not a finite number'],
  ['MUL', 1e308, 10, 'is not a finite number'],
])('float_math: %s of %d and %d is refused', async (operation, a, b, message) => {
  await expect(run(floatMathNode, { operation, a, b })).rejects.toThrow(message);
});

it('computes 1 + 1 by default, as InvokeAI does', async () => {
  expect(await valueFrom(integerMathNode, {})).toBe(2);
  expect(await valueFrom(floatMathNode, {})).toBe(2);
  expect(await valueFrom(addNode, {})).toBe(0);
});

test.each([
  [7.5, 1, 'Nearest', 8],
  [6.5, 1, 'Nearest', 6],
  [500, 64, 'Nearest', 512],
  [500, 64, 'Floor', 448],
  [449, 64, 'Ceiling', 512],
  [-7.9, 1, 'Truncate', -7],
  [-7.1, 1, 'Floor', -8],
  [-0.2, 1, 'Nearest', 0],
])('float_to_int: %d to a multiple of %d by %s is %d', async (value, multiple, method, result) => {
  expect(await run(floatToIntNode, { value, multiple, method })).toEqual({ value: result });
});

it('float_to_int refuses what no integer holds', async () => {
  await expect(run(floatToIntNode, { value: 1e300 })).rejects.toThrow('1e+300 as an integer is beyond');
});

it('round_float rounds to whole numbers unless asked for decimals', async () => {
  expect(await valueFrom(roundFloatNode, { value: 2.5 })).toBe(2);
  expect(await valueFrom(roundFloatNode, { value: 0.375, decimals: 2 })).toBe(0.38);
});

it.each([clampIntegerNode, clampFloatNode])(
  'a clamped number is within its bounds and as near as can be',
  async (node) => {
    const number = fc.integer({ min: -9, max: 9 });
    await fc.assert(
      fc.asyncProperty(number, number, number, async (value, one, other) => {
        const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
        const sorted = [value, minimum, maximum].sort((a, b) => a - b);
        expect(await run(node, { value, minimum, maximum })).toEqual({ value: sorted[1] });
      }),
    );
    await expect(run(node, { value: 1, minimum: 3, maximum: 2 })).rejects.toThrow(
      'minimum (3) must not be more than maximum (2)',
    );
  },
);
