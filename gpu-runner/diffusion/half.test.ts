import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from './half.ts';

describe('half precision', () => {
  it('returns every half to its own bits', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const again = toHalf(fromHalf(halves));
    const noNumber = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
    expect(halves.filter((half, i) => !noNumber(half) && again[i] !== half)).toHaveLength(0);
    expect(halves.filter((half, i) => noNumber(half) && !noNumber(again[i] ?? 0))).toHaveLength(0);
  });

  it('rounds to nearest, halves to even', () => {
    const rounded = (value: number) => fromHalf(toHalf(Float32Array.of(value)))[0];
    expect(rounded(2049)).toBe(2048);
    expect(rounded(2051)).toBe(2052);
    expect(rounded(2049.01)).toBe(2050);
    expect(rounded(2 ** -25)).toBe(0);
    expect(rounded(3 * 2 ** -25)).toBe(2 ** -23);
    expect(rounded(-(2 ** -14) + 2 ** -26)).toBe(-(2 ** -14));
    expect(rounded(65519)).toBe(65504);
    expect(rounded(65520)).toBe(Number.POSITIVE_INFINITY);
    expect(rounded(-1e9)).toBe(Number.NEGATIVE_INFINITY);
    expect(Object.is(rounded(-0), -0)).toBe(true);
  });
});
