import { expect, it } from 'vitest';
import { fromPixels, toPixels } from './pixels.ts';
import { previewLatents } from './preview.ts';

it('pixels are clamped, and rounded to nearest', () => {
  const data = Float32Array.of(-1, -3, 1, 7, 0, 0.5);
  const { width, height, rgb } = toPixels({ shape: [1, 3, 1, 2], data });
  expect([width, height]).toEqual([2, 1]);
  expect([...rgb]).toEqual([0, 255, 128, 0, 255, 191]);
});

it('every pixel value comes back', () => {
  const rgb = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  const tensor = fromPixels({ width: 16, height: 16, rgb });
  expect(tensor.shape).toEqual([1, 3, 16, 16]);
  expect(toPixels(tensor).rgb).toEqual(rgb);
});

it('a preview averages latents down to what is cheap to decode', () => {
  const data = new Float32Array(2 * 1 * 20 * 40).map((_, i) => i % 40);
  const { shape, data: small } = previewLatents({ shape: [2, 1, 20, 40], data });
  expect(shape).toEqual([1, 1, 6, 13]);
  expect([...small.subarray(0, 3)]).toEqual([1, 4, 7]);
  const already = { shape: [1, 1, 2, 2] as const, data: Float32Array.of(1, 2, 3, 4) };
  expect(previewLatents(already)).toEqual(already);
});
