/** Decoding and encoding in tiles, on a real model. */
import { afterAll, describe, expect, it } from 'vitest';
import { CanceledError } from '../node.ts';
import { Drawing } from './testing/drawing.ts';

const drawing = new Drawing();
afterAll(() => drawing.release());

const mean = (a: ArrayLike<number> & Iterable<number>, b: ArrayLike<number>) =>
  [...a].reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

describe('in tiles', async () => {
  const latents = await drawing.denoise('a big red star on plain blue', await drawing.noise(1));
  const whole = await drawing.pixels(await drawing.decode(latents));

  it('latents are decoded to nearly the same picture', async () => {
    const pixels = await drawing.pixels(await drawing.decode(latents, { tiled: true, tile_size: 64 }));
    expect(pixels.data).not.toEqual(whole.data);
    expect(mean(pixels.data, whole.data)).toBeLessThan(4);
    expect(pixels.distance(64, 64, 'red')).toBeLessThanOrEqual(15);
    expect(pixels.distance(4, 123, 'blue')).toBeLessThanOrEqual(15);
  });

  it('of the size that the model was trained with, an image of that size is one tile, in any precision', async () => {
    const pixels = await drawing.pixels(await drawing.decode(latents, { tiled: true, fp32: true }));
    expect(pixels.data).toEqual(whole.data);
  });

  it('an image is encoded to latents of nearly the same picture', async () => {
    const image = await drawing.decode(latents);
    const [one, many] = [
      await drawing.toLatents(image),
      await drawing.toLatents(image, { tiled: true, tile_size: 64 }),
    ];
    expect(many.shape).toEqual(one.shape);
    expect(many.data).not.toEqual(one.data);
    const [a, b] = [await drawing.pixels(await drawing.decode(one)), await drawing.pixels(await drawing.decode(many))];
    expect(mean(a.data, b.data)).toBeLessThan(4);
  });

  it('decoding is canceled between two tiles', async () => {
    const on = new Drawing();
    const checkpoint = on.context.checkpoint;
    on.context.checkpoint = async () => {
      on.context.canceled = on.context.checkpoints === 3;
      await checkpoint();
    };
    await expect(on.decode(latents, { tiled: true, tile_size: 64 })).rejects.toThrow(CanceledError);
    expect(on.context.checkpoints).toBe(4);
    await on.release();
  });

  it('that are too small are refused', async () => {
    await expect(drawing.decode(latents, { tiled: true, tile_size: 32 })).rejects.toThrow(/at least 64, or 0/);
  });
});
