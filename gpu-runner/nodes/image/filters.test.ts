import { describe, expect, it } from 'vitest';
import { CanceledError, type Node } from '../node.ts';
import { premultiply, unpremultiply } from './channels.ts';
import { imageBlurNode } from './img-blur.ts';
import { newRaster } from './raster.ts';
import { expectAsPillow, Pictures, picture, pixelsOf } from './testing/pictures.ts';
import { unsharpMaskNode } from './unsharp-mask.ts';

const pictures = new Pictures();

describe('img_blur', () => {
  it.each([0.4, 2, 8, 300])('gives the pixels of Pillow with radius %d', async (radius) => {
    const image = await pictures.chelsea();
    for (const blur_type of ['gaussian', 'box']) {
      const result = await pictures.result(imageBlurNode, { image, radius, blur_type });
      expectAsPillow(result, `blur:${blur_type}:${radius}:chelsea`);
    }
  });

  it('blurs gray, and colours by their alpha', async () => {
    const inputs = { image: await pictures.gray(), radius: 3.5 };
    expectAsPillow(await pictures.result(imageBlurNode, inputs), 'blur:gaussian:3.5:gray');
    expectAsPillow(await pictures.result(imageBlurNode, { ...inputs, blur_type: 'box' }), 'blur:box:3.5:gray');
    const veiled = await pictures.result(imageBlurNode, { image: await pictures.veiled(), radius: 3.5 });
    expectAsPillow(veiled, 'blur:gaussian:3.5:veiled');
  });

  it('does not let hidden colours bleed', async () => {
    const image = await pictures.store(
      picture('RGBA', 3, [
        [255, 255, 255, 0],
        [200, 0, 0, 255],
        [255, 255, 255, 0],
      ]),
    );
    const result = await pictures.result(imageBlurNode, { image, radius: 1, blur_type: 'box' });
    expect(pixelsOf(result)).toEqual([
      [201, 0, 0, 85],
      [201, 0, 0, 85],
      [201, 0, 0, 85],
    ]);
  });

  it('with radius 0 changes nothing', async () => {
    const image = await pictures.veiled();
    expect((await pictures.run(imageBlurNode, { image, radius: 0 })).image).toEqual(image);
  });

  it('stops between two slices of work when the item is canceled', async () => {
    const own = new Pictures();
    const image = await own.store(newRaster(2000, 1000, 'RGB'));
    const { context } = own;
    const checkpoint = context.checkpoint;
    // Canceled in the middle: after the image was read, before the blur is done.
    context.checkpoint = async () => {
      if (context.checkpoints === 3) context.canceled = true;
      await checkpoint();
    };
    await expect(own.run(imageBlurNode, { image })).rejects.toThrow(CanceledError);
    expect(context.checkpoints).toBe(4);
  });

  it('weighs colours by alpha in slices too', async () => {
    let pauses = 0;
    const pause = async () => {
      pauses++;
    };
    const veil = newRaster(2048, 1024, 'RGBA');
    await premultiply(veil, pause);
    await unpremultiply(veil, pause);
    expect(pauses).toBe(4);
  });
});

describe('unsharp_mask', () => {
  it('adds what the blur takes away', async () => {
    expectAsPillow(await pictures.result(unsharpMaskNode, { image: await pictures.chelsea() }), 'unsharp:2:50:chelsea');
    const strong = { image: await pictures.gray(), radius: 5, strength: 150 };
    expectAsPillow(await pictures.result(unsharpMaskNode, strong), 'unsharp:5:150:gray');
  });

  it('sharpens in slices, after those of the blur', async () => {
    const count = async (node: Node) => {
      const own = new Pictures();
      await own.run(node, { image: await own.store(newRaster(2000, 1000, 'RGB')), radius: 2 });
      return own.context.checkpoints;
    };
    expect((await count(unsharpMaskNode)) - (await count(imageBlurNode))).toBe(6);
  });

  it('leaves alpha alone, and everything with strength 0', async () => {
    const image = await pictures.veiled();
    expectAsPillow(await pictures.result(unsharpMaskNode, { image }), 'unsharp:2:50:veiled');
    expect((await pictures.run(unsharpMaskNode, { image, strength: 0 })).image).toEqual(image);
  });
});
