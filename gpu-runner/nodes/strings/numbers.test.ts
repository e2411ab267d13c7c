import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Node } from '../node.ts';
import { testContext } from '../testing/context.ts';
import { withDefaults } from '../testing/defaults.ts';
import { numberToStringNode } from './number-to-string.ts';
import { stringToFloatNode } from './string-to-float.ts';
import { stringToIntegerNode } from './string-to-integer.ts';

const context = testContext();
const run = (node: Node, inputs: Record<string, unknown>) => context.run(node, withDefaults(node, inputs));

describe('reading', () => {
  test.each([
    ['42', 42],
    [' -7\n', -7],
    ['+007', 7],
    ['-0', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is the integer %d', async (string, value) => {
    expect(await run(stringToIntegerNode, { string })).toEqual({ value });
  });

  test.each(['', ' ', '1.5', '12a', '0x10', '1e3', '1 2', '٣', '--1'])('%j is no integer', async (string) => {
    await expect(run(stringToIntegerNode, { string })).rejects.toThrow(
      `${JSON.stringify(string)} is not a whole number: write digits alone, such as 42 or -7`,
    );
  });

  it('refuses an integer that is too large', async () => {
    await expect(run(stringToIntegerNode, { string: '9007199254740993' })).rejects.toThrow(
      '9007199254740993 is beyond what an integer holds',
    );
  });

  test.each([
    ['7.5', 7.5],
    [' -.5 ', -0.5],
    ['2.', 2],
    ['1e-3', 0.001],
    ['1E+3', 1000],
    ['-0', 0],
  ])('%j is the number %d', async (string, value) => {
    expect(await run(stringToFloatNode, { string })).toEqual({ value });
  });

  test.each(['', '.', 'NaN', 'Infinity', '1,5', '0x10', 'e5', '1e'])('%j is no number', async (string) => {
    await expect(run(stringToFloatNode, { string })).rejects.toThrow(`${JSON.stringify(string)} is not a number`);
  });

  it('refuses a number that is too large', async () => {
    await expect(run(stringToFloatNode, { string: '1e999' })).rejects.toThrow('1e999 is not a finite number');
  });
});

describe('writing', () => {
  test.each([
    [{ value: 7.5 }, '7.5'],
    [{ value: 7.5, decimals: 2 }, '7.50'],
    [{ value: 2.5, decimals: 0 }, '2'],
    [{ value: 7, digits: 4 }, '0007'],
    [{ value: -7, digits: 4 }, '-0007'],
    [{ value: 12345, digits: 4 }, '12345'],
    [{ value: 3.125, decimals: 2, digits: 3 }, '003.12'],
    [{ value: -0.001, decimals: 2 }, '0.00'],
    [{ value: -0 }, '0'],
    [{ value: 1e-7 }, '1e-7'],
    [{}, '0'],
  ])('%j', async (inputs, value) => {
    expect(await run(numberToStringNode, inputs)).toEqual({ value });
  });

  it('writes what can be read back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ noNaN: true, noDefaultInfinity: true }), async (value) => {
        const { value: string } = await run(numberToStringNode, { value });
        expect(await run(stringToFloatNode, { string })).toEqual({ value: value + 0 });
      }),
    );
  });
});
