import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { DECIMALS_MAX, modulo, roundHalfEven, wholeNumber } from './number.ts';

describe('roundHalfEven', () => {
  // As Python's round() answers.
  test.each([
    [0.5, 0, 0],
    [1.5, 0, 2],
    [2.5, 0, 2],
    [-2.5, 0, -2],
    [-3.5, 0, -4],
    [0.125, 2, 0.12],
    [0.375, 2, 0.38],
    [-0.625, 2, -0.62],
    [9.5, 0, 10],
    [2.675, 2, 2.67],
    [1.005, 2, 1],
    [0.15, 1, 0.1],
    [1e22, 0, 1e22],
    [1234.5678, 3, 1234.568],
    [0.1, 15, 0.1],
    [5e-16, 15, 1e-15],
    [5e-324, 15, 0],
    [4503599627370495.5, 0, 4503599627370496],
    [-0.4, 0, 0],
  ])('%d to %d decimals is %d', (value, decimals, rounded) => {
    expect(roundHalfEven(value, decimals)).toBe(rounded);
  });

  it('goes to a number near by that it leaves as it is, and knows no −0', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 0, max: DECIMALS_MAX }),
        (value, decimals) => {
          const rounded = roundHalfEven(value, decimals);
          expect(Object.is(rounded, -0)).toBe(false);
          expect(roundHalfEven(rounded, decimals)).toBe(rounded);
          expect(Math.abs(rounded - value)).toBeLessThanOrEqual(
            0.5000001 * 10 ** -decimals + Math.abs(value) * 2 ** -52,
          );
        },
      ),
    );
  });

  it('takes every exact half to an even digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (whole) => {
        expect(Math.abs(roundHalfEven(whole + 0.5, 0) % 2)).toBe(0);
      }),
    );
  });
});

it('modulo has the sign of the divisor and keeps the quotient whole', () => {
  const divisor = fc.integer({ min: -1e6, max: 1e6 }).filter((b) => b !== 0);
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), divisor, (a, b) => {
      const rest = modulo(a, b);
      expect(rest === 0 || rest > 0 === b > 0).toBe(true);
      expect(Math.abs(rest)).toBeLessThan(Math.abs(b));
      expect(Number.isInteger((a - rest) / b)).toBe(true);
    }),
  );
});

it('wholeNumber ends where integers do', () => {
  expect(wholeNumber(Number.MAX_SAFE_INTEGER, 'it')).toBe(2 ** 53 - 1);
  expect(wholeNumber(-0, 'it')).toBe(0);
  expect(() => wholeNumber(2 ** 53, 'it')).toThrow('it is beyond what an integer holds (±(2^53 − 1))');
});
