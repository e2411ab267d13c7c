import { describe, expect, it } from 'vitest';
import { CanceledError } from '../node.ts';
import { imageResizeNode } from './img-resize.ts';
import { imageScaleNode } from './img-scale.ts';
import { newRaster } from './raster.ts';
import { RESAMPLE_MODES, resample } from './resample.ts';
import { expectAsPillow, Pictures } from './testing/pictures.ts';

const pictures = new Pictures();

describe('img_resize', () => {
  it.each(RESAMPLE_MODES)(
    'gives the pixels of Pillow, smaller and larger, with and without alpha: %s',
    async (mode) => {
      const sizes = [
        ['astronaut', 101, 71],
        ['chelsea', 501, 333],
        ['gray', 64, 200],
        ['veiled', 90, 60],
      ] as const;
      for (const [name, width, height] of sizes) {
        const image = await pictures[name]();
        const result = await pictures.result(imageResizeNode, { image, width, height, resample_mode: mode });
        expectAsPillow(result, `resize:${mode}:${name}:${width}x${height}`);
      }
    },
  );

  it('resamples only the side that changes', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(
      await pictures.result(imageResizeNode, { image, width: 240, height: 50 }),
      'resize:bicubic:chelsea:240x50',
    );
    const { image: same } = await pictures.run(imageResizeNode, { image, width: 240, height: 160 });
    expectAsPillow(await pictures.pixels(same), 'photo:chelsea');
  });

  it('refuses a result that is too large, before it is made', async () => {
    const image = await pictures.chelsea();
    const resize = pictures.run(imageResizeNode, { image, width: 65_535, height: 65_535 });
    await expect(resize).rejects.toThrow('the result would be 65535 × 65535: an image has at most 67108864 pixels');
  });

  it('never holds more pixels in between than an image may have', async () => {
    // Rows first would make it 65,535 × 65,535.
    const tall = newRaster(1, 65_535, 'L');
    tall.data.fill(7);
    const flat = await resample(tall, 65_535, 1, 'bilinear', async () => {});
    expect(flat).toMatchObject({ width: 65_535, height: 1 });
    expect(flat.data.every((value) => value === 7)).toBe(true);
  });

  it('stops when the item is canceled', async () => {
    const own = new Pictures();
    const image = await own.astronaut();
    own.context.canceled = true;
    await expect(own.run(imageResizeNode, { image })).rejects.toThrow(CanceledError);
  });
});

describe('img_scale', () => {
  it('multiplies both sides, rounded down to whole pixels', async () => {
    const image = await pictures.chelsea();
    const scaled = await pictures.run(imageScaleNode, { image, scale_factor: 0.33 });
    expect(scaled).toMatchObject({ width: 79, height: 52 });
    const resized = await pictures.run(imageResizeNode, { image, width: 79, height: 52 });
    expect(scaled).toEqual(resized);
  });

  it('leaves at least a pixel, and refuses too many', async () => {
    const image = await pictures.chelsea();
    expect(await pictures.run(imageScaleNode, { image, scale_factor: 1e-6 })).toMatchObject({ width: 1, height: 1 });
    await expect(pictures.run(imageScaleNode, { image, scale_factor: 1000 })).rejects.toThrow(
      'the result would be 240000 × 160000',
    );
  });
});
