import { expect, it } from 'vitest';
import { roundHalfEven } from './round-half-even.ts';

it.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, -0],
  [-1.5, -2],
  [-0.3, -0],
  [2.4999999999999996, 2],
  [0.49999999999999994, 0],
  [2 ** 52 + 1, 2 ** 52 + 1],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  [Number.NaN, Number.NaN],
])('%d rounds to %d', (value, rounded) => {
  expect(roundHalfEven(value)).toBe(rounded);
});
