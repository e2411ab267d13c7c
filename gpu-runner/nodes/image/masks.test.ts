import { describe, expect, it } from 'vitest';
import { applyMaskToImageNode } from './apply-mask-to-image.ts';
import { createMaskFromBoxNode } from './create-mask-from-box.ts';
import { getImageMaskBoundingBoxNode } from './get-image-mask-bounding-box.ts';
import { imageMaskThresholdNode } from './img-mask-threshold.ts';
import { maskCombineNode } from './mask-combine.ts';
import { maskFromIdNode } from './mask-from-id.ts';
import { expectAsPillow, Pictures, picture, pixelsOf } from './testing/pictures.ts';
import { maskFromAlphaNode } from './tomask.ts';

const pictures = new Pictures();
const box = (x_min: number, y_min: number, x_max: number, y_max: number) => ({ x_min, x_max, y_min, y_max });

describe('tomask', () => {
  it('is white where the image is opaque', async () => {
    const image = await pictures.veiled();
    expectAsPillow(await pictures.result(maskFromAlphaNode, { image }), 'channel:A');
    expectAsPillow(await pictures.result(maskFromAlphaNode, { image, invert: true }), 'mask:inverted alpha');
  });

  it('takes an image without alpha as opaque', async () => {
    const mask = await pictures.result(maskFromAlphaNode, { image: await pictures.chelsea() });
    expect(mask).toMatchObject({ mode: 'L', width: 240, height: 160 });
    expect(mask.data.every((value) => value === 255)).toBe(true);
  });
});

describe('masks from pixels', () => {
  it('select by brightness', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(await pictures.result(imageMaskThresholdNode, { image }), 'mask:at least 128');
    const edge = await pictures.store(picture('L', 3, [[127], [128], [129]]));
    const dark = await pictures.result(imageMaskThresholdNode, { image: edge, invert: true });
    expect(pixelsOf(dark).flat()).toEqual([255, 0, 0]);
  });

  it('select by colour', async () => {
    const color = { r: 180, g: 120, b: 90, a: 255 };
    for (const image of [await pictures.chelsea(), await pictures.veiled()]) {
      expectAsPillow(await pictures.result(maskFromIdNode, { image, color, threshold: 60 }), 'mask:colour');
    }
    const image = await pictures.store(
      picture('RGB', 3, [
        [10, 20, 30],
        [10, 20, 31],
        [255, 255, 255],
      ]),
    );
    const exact = { image, color: { r: 10, g: 20, b: 30, a: 255 }, threshold: 1 };
    expect(pixelsOf(await pictures.result(maskFromIdNode, exact)).flat()).toEqual([255, 0, 0]);
    expect(pixelsOf(await pictures.result(maskFromIdNode, { ...exact, invert: true })).flat()).toEqual([0, 255, 255]);
    const black = { r: 0, g: 0, b: 0, a: 255 };
    const all = await pictures.result(maskFromIdNode, { image, color: black, threshold: 442 });
    expect(pixelsOf(all).flat()).toEqual([255, 255, 255]);
  });

  it('are multiplied', async () => {
    const inputs = { mask1: await pictures.chelsea(), mask2: await pictures.alpha() };
    expectAsPillow(await pictures.result(maskCombineNode, inputs), 'mask:combined');
    const sizes = pictures.run(maskCombineNode, { ...inputs, mask2: await pictures.coffee() });
    await expect(sizes).rejects.toThrow('mask1 is 240 × 160 and mask2 300 × 200');
  });
});

describe('create_mask_from_box and get_image_mask_bounding_box', () => {
  it('draw a rectangle and find it again', async () => {
    const inputs = { bounding_box: box(1, 1, 3, 2), width: 4, height: 3 };
    const drawn = await pictures.run(createMaskFromBoxNode, inputs);
    expect(pixelsOf(await pictures.pixels(drawn.image)).flat()).toEqual([0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0]);
    const found = await pictures.run<{ bounding_box: object }>(getImageMaskBoundingBoxNode, { mask: drawn.image });
    expect(found.bounding_box).toEqual(inputs.bounding_box);
    const inverted = await pictures.result(createMaskFromBoxNode, { ...inputs, invert: true });
    expect(pixelsOf(inverted).flat()).toEqual([255, 255, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255]);
  });

  it('keep within the mask', async () => {
    const inputs = { width: 2, height: 2 };
    const corner = await pictures.run(createMaskFromBoxNode, { ...inputs, bounding_box: box(1, -50, 90_000_000, 1) });
    expect(pixelsOf(await pictures.pixels(corner.image)).flat()).toEqual([0, 255, 0, 0]);
    const outside = await pictures.run(createMaskFromBoxNode, { ...inputs, bounding_box: box(5, 5, 6, 6) });
    expect(pixelsOf(await pictures.pixels(outside.image)).flat()).toEqual([0, 0, 0, 0]);
    const grown = await pictures.run(getImageMaskBoundingBoxNode, { mask: corner.image, margin: 1 });
    expect(grown).toEqual({ bounding_box: box(0, 0, 2, 2) });
    await expect(pictures.run(getImageMaskBoundingBoxNode, { mask: outside.image })).rejects.toThrow(
      'no pixel of the mask has the colour (255, 255, 255, 255)',
    );
  });

  it('find any colour', async () => {
    const image = await pictures.store(
      picture('RGB', 3, [
        [1, 2, 3],
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
        [1, 2, 3],
        [9, 9, 9],
      ]),
    );
    const inputs = { mask: image, mask_color: { r: 1, g: 2, b: 3, a: 255 } };
    expect(await pictures.run(getImageMaskBoundingBoxNode, inputs)).toEqual({ bounding_box: box(0, 0, 2, 2) });
  });

  it('refuse an empty box', async () => {
    const inputs = { bounding_box: box(3, 0, 1, 4), width: 4, height: 3 };
    await expect(pictures.run(createMaskFromBoxNode, inputs)).rejects.toThrow('is empty: x_max and y_max');
  });
});

describe('apply_mask_to_image', () => {
  it('makes the mask the alpha channel', async () => {
    const inputs = { image: await pictures.chelsea(), mask: await pictures.alpha() };
    expectAsPillow(await pictures.result(applyMaskToImageNode, inputs), 'mask:applied');
    expectAsPillow(
      await pictures.result(applyMaskToImageNode, { ...inputs, image: await pictures.veiled() }),
      'mask:applied',
    );
    const inverted = await pictures.run(applyMaskToImageNode, { ...inputs, invert_mask: true });
    expectAsPillow(await pictures.result(maskFromAlphaNode, { image: inverted.image }), 'mask:inverted alpha');
  });

  it('refuses a mask of another size', async () => {
    const inputs = { image: await pictures.coffee(), mask: await pictures.alpha() };
    await expect(pictures.run(applyMaskToImageNode, inputs)).rejects.toThrow(
      'the image is 300 × 200 and its mask 240 × 160',
    );
  });
});
