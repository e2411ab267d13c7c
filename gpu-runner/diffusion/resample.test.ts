import { describe, expect, it } from 'vitest';
import type { Latents } from './latents.ts';
import { RESAMPLE_MODES, type ResampleOptions, resample } from './resample.ts';

const row = (...values: number[]): Latents => ({ shape: [1, 1, 1, values.length], data: Float32Array.from(values) });
const wide = (latents: Latents, width: number, options: Partial<ResampleOptions>) => [
  ...resample(latents, { height: 1, width, mode: 'bilinear', antialias: false, ...options }).data,
];
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5));

/** Worked out by hand from the definitions. */
describe('resampling', () => {
  it.each([
    ['nearest', 4, [1, 1, 5, 5]],
    ['nearest', 3, [1, 1, 5]],
    ['nearest-exact', 3, [1, 5, 5]],
    ['area', 4, [1, 1, 5, 5]],
    ['area', 3, [1, 3, 5]],
    ['bilinear', 4, [1, 2, 4, 5]],
    // Weights −27, 225, 67, −9 of 256 a quarter of the way (a = −0.75); beyond the ends their pixels go on.
    ['bicubic', 4, [0.578125, 1.90625, 4.09375, 5.421875]],
  ] as const)('%s makes two pixels %i', (mode, width, expected) => {
    expect(wide(row(1, 5), width, { mode })).toEqual(close([...expected]));
  });

  it.each([
    ['nearest', false, [1, 3]],
    ['nearest-exact', false, [2, 4]],
    ['area', false, [1.5, 3.5]],
    ['bilinear', false, [1.5, 3.5]],
    // A triangle of four pixels: weights 1, 3, 3, 1, of which the ends lose one.
    ['bilinear', true, [(3 * 1 + 3 * 2 + 1 * 3) / 7, (2 + 3 * 3 + 3 * 4) / 7]],
  ] as const)('%s, antialias %s, makes four pixels two', (mode, antialias, expected) => {
    expect(wide(row(1, 2, 3, 4), 2, { mode, antialias })).toEqual(close([...expected]));
  });

  it.each(RESAMPLE_MODES)('%s leaves what is of one colour, and what stays as large, as it is', (mode) => {
    for (const antialias of [false, true]) {
      for (const width of [1, 2, 3, 7, 20]) {
        expect(wide(row(3, 3, 3, 3, 3), width, { mode, antialias })).toEqual(close(new Array(width).fill(3)));
      }
      expect(wide(row(1, 8, 2, 9), 4, { mode, antialias })).toEqual(close([1, 8, 2, 9]));
    }
  });

  it('goes down both sides, of every channel and image', () => {
    const latents: Latents = { shape: [2, 1, 2, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
    const { shape, data } = resample(latents, { height: 1, width: 4, mode: 'area', antialias: false });
    expect(shape).toEqual([2, 1, 1, 4]);
    expect([...data]).toEqual([1, 1, 2, 2, 5, 5, 6, 6]);
  });

  it('counts by the factor when the size was rounded from it, as torch does', () => {
    // 3 · 1.5 = 4.5, rounded down; pixel 2 of 4 lies at 2 / 1.5, and not at 2 · 3 / 4.
    expect(wide(row(0, 1, 2), 4, { mode: 'nearest' })).toEqual([0, 0, 1, 2]);
    expect(wide(row(0, 1, 2), 4, { mode: 'nearest', factor: 1.5 })).toEqual([0, 0, 1, 2]);
    expect(wide(row(0, 3, 6), 4, { factor: 1.5 })).toEqual(close([0, 1.5, 3.5, 5.5]));
  });
});
