import { describe, expect, it } from 'vitest';
import { blankImageNode } from './blank-image.ts';
import { cropImageToBoundingBoxNode } from './crop-image-to-bounding-box.ts';
import { imageCropNode } from './img-crop.ts';
import { imageFlipNode } from './img-flip.ts';
import { imagePadCropNode } from './img-pad-crop.ts';
import { imagePasteNode } from './img-paste.ts';
import { imageRotateNode } from './img-rotate.ts';
import { pasteImageIntoBoundingBoxNode } from './paste-image-into-bounding-box.ts';
import { newRaster } from './raster.ts';
import { expectAsPillow, Pictures, picture, pixelsOf } from './testing/pictures.ts';

const pictures = new Pictures();
const box = (x_min: number, y_min: number, x_max: number, y_max: number) => ({ x_min, x_max, y_min, y_max });

describe('the photos', () => {
  it('are decoded as Pillow decodes them', async () => {
    for (const name of ['astronaut', 'chelsea', 'coffee', 'gray', 'veiled'] as const) {
      expectAsPillow(await pictures.pixels(await pictures[name]()), `photo:${name}`);
    }
  });
});

describe('img_crop and img_pad_crop', () => {
  it('cut out what is inside, in the mode of the image', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(
      await pictures.result(imageCropNode, { image, x: 50, y: 40, width: 100, height: 60 }),
      'crop:inside',
    );
  });

  it('are transparent beyond the border', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(
      await pictures.result(imageCropNode, { image, x: -30, y: 100, width: 200, height: 150 }),
      'crop:beyond',
    );
    expectAsPillow(await pictures.result(imagePadCropNode, { image, left: 10, top: -20, right: 5, bottom: 70 }), 'pad');
    const nowhere = await pictures.result(imageCropNode, { image, x: 900, y: -900, width: 2, height: 1 });
    expect(pixelsOf(nowhere)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('refuse to leave nothing', async () => {
    const image = await pictures.chelsea();
    const cut = pictures.run(imagePadCropNode, { image, left: -200, right: -40 });
    await expect(cut).rejects.toThrow('the result would be 0 × 160: nothing would be left');
  });
});

describe('img_paste', () => {
  it('grows to hold both images, or is cropped to the base', async () => {
    const inputs = { base_image: await pictures.astronaut(), image: await pictures.chelsea(), x: -40, y: 450 };
    expectAsPillow(await pictures.result(imagePasteNode, inputs), 'paste:grown');
    expectAsPillow(await pictures.result(imagePasteNode, { ...inputs, crop: true }), 'paste:cropped');
  });

  it('pastes where the mask is black', async () => {
    const inputs = {
      base_image: await pictures.astronaut(),
      image: await pictures.chelsea(),
      mask: await pictures.alpha(),
    };
    expectAsPillow(await pictures.result(imagePasteNode, { ...inputs, x: 100, y: 200 }), 'paste:masked');
    expectAsPillow(
      await pictures.result(imagePasteNode, { ...inputs, x: -40, y: 450, crop: true }),
      'paste:masked, cropped',
    );
  });

  it('refuses a mask of another size', async () => {
    const [base_image, image] = [await pictures.astronaut(), await pictures.chelsea()];
    await expect(pictures.run(imagePasteNode, { base_image, image, mask: base_image })).rejects.toThrow(
      'the image to paste is 240 × 160 and its mask 512 × 512: resize one',
    );
  });
});

describe('img_flip and img_rotate', () => {
  it('mirror', async () => {
    expectAsPillow(await pictures.result(imageFlipNode, { image: await pictures.veiled() }), 'flip:horizontal');
    const vertical = { image: await pictures.gray(), direction: 'vertical' };
    expectAsPillow(await pictures.result(imageFlipNode, vertical), 'flip:vertical');
  });

  it('turn clockwise by quarters without a change of any pixel', async () => {
    expectAsPillow(await pictures.result(imageRotateNode, { image: await pictures.chelsea() }), 'rotate:90');
    expectAsPillow(await pictures.result(imageRotateNode, { image: await pictures.gray(), angle: 180 }), 'rotate:180');
    expectAsPillow(
      await pictures.result(imageRotateNode, { image: await pictures.veiled(), angle: -90 }),
      'rotate:-90',
    );
  });

  it('turn the largest image by quarters', async () => {
    const image = await pictures.store(newRaster(8192, 8192, 'L'));
    for (const angle of [90, 180, -360])
      expect(await pictures.run(imageRotateNode, { image, angle })).toMatchObject({ width: 8192, height: 8192 });
  });

  it('turn by any angle with transparent corners', async () => {
    const image = await pictures.store(
      await pictures.pixels(
        (await pictures.run(blankImageNode, { width: 40, height: 20, color: { r: 200, g: 100, b: 50, a: 255 } })).image,
      ),
    );
    const turned = await pictures.result(imageRotateNode, { image, angle: 30 });
    // 40 cos 30° + 20 sin 30° = 44.6 and 40 sin 30° + 20 cos 30° = 37.3.
    expect(Math.abs(turned.width - 44.6)).toBeLessThan(1.5);
    expect(Math.abs(turned.height - 37.3)).toBeLessThan(1.5);
    const pixels = pixelsOf(turned);
    const at = (x: number, y: number) => pixels[y * turned.width + x];
    expect(at(0, 0)).toEqual([0, 0, 0, 0]);
    expect(at(Math.floor(turned.width / 2), Math.floor(turned.height / 2))).toEqual([200, 100, 50, 255]);
    // Clockwise: the long side comes down on the right.
    expect(at(Math.floor(turned.width / 2) + 15, Math.floor(turned.height / 2) + 8)).toEqual([200, 100, 50, 255]);
    expect(at(Math.floor(turned.width / 2) + 15, Math.floor(turned.height / 2) - 8)?.[3]).toBe(0);
    expect(pixels.filter(([, , , a]) => a === 255).length).toBeGreaterThan(600);
  });
});

describe('crop_image_to_bounding_box and paste_image_into_bounding_box', () => {
  it('crop to a box', async () => {
    const image = await pictures.chelsea();
    expectAsPillow(
      await pictures.result(cropImageToBoundingBoxNode, { image, bounding_box: box(50, 40, 150, 100) }),
      'crop:inside',
    );
    const empty = pictures.run(cropImageToBoundingBoxNode, { image, bounding_box: box(50, 40, 50, 100) });
    await expect(empty).rejects.toThrow('the bounding box (50, 40) to (50, 100) is empty');
  });

  it('crop to what can be seen', async () => {
    const image = await pictures.chelsea();
    const padded = await pictures.run(imagePadCropNode, { image, left: 3, top: 4, right: 5, bottom: 6 });
    const cropped = await pictures.result(cropImageToBoundingBoxNode, { image: padded.image });
    expect(cropped).toMatchObject({ width: 240, height: 160, mode: 'RGBA' });
    const nothing = await pictures.store(newRaster(3, 2, 'RGBA'));
    expect(await pictures.run(cropImageToBoundingBoxNode, { image: nothing })).toMatchObject({ width: 3, height: 2 });
    expect(await pictures.run(cropImageToBoundingBoxNode, { image })).toMatchObject({ width: 240, height: 160 });
  });

  it('lay an image with alpha over another', async () => {
    const inputs = { source_image: await pictures.veiled(), target_image: await pictures.astronaut() };
    const result = pictures.result(pasteImageIntoBoundingBoxNode, { ...inputs, bounding_box: box(200, 100, 440, 260) });
    expectAsPillow(await result, 'paste into box');
  });

  it('leave an opaque image opaque, and add up what is transparent', async () => {
    const source_image = await pictures.store(
      picture('RGBA', 2, [
        [200, 0, 0, 128],
        [0, 80, 0, 0],
      ]),
    );
    const target_image = await pictures.store(
      picture('RGBA', 2, [
        [0, 0, 100, 255],
        [0, 0, 9, 64],
      ]),
    );
    const inputs = { source_image, target_image, bounding_box: box(0, 0, 2, 1) };
    // 200 · 128/255 = 100.4 and 100 · 127/255 = 49.8.
    expect(pixelsOf(await pictures.result(pasteImageIntoBoundingBoxNode, inputs))).toEqual([
      [100, 0, 50, 255],
      [0, 0, 9, 64],
    ]);
  });

  it('refuse a box of another size or beyond the border', async () => {
    const inputs = { source_image: await pictures.chelsea(), target_image: await pictures.astronaut() };
    const small = pictures.run(pasteImageIntoBoundingBoxNode, { ...inputs, bounding_box: box(0, 0, 100, 100) });
    await expect(small).rejects.toThrow('the image to paste is 240 × 160 and its bounding box 100 × 100');
    const beyond = pictures.run(pasteImageIntoBoundingBoxNode, { ...inputs, bounding_box: box(300, 0, 540, 160) });
    await expect(beyond).rejects.toThrow('reaches beyond the image below, which is 512 × 512');
  });
});

describe('blank_image', () => {
  it('has one colour, with alpha only when asked for', async () => {
    const color = { r: 1, g: 2, b: 3, a: 4 };
    const inputs = { width: 2, height: 1, color };
    expect(pixelsOf(await pictures.result(blankImageNode, inputs))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(pixelsOf(await pictures.result(blankImageNode, { ...inputs, mode: 'RGBA' }))).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    await expect(pictures.run(blankImageNode, { width: 8193, height: 8192 })).rejects.toThrow('8193 × 8192');
  });
});
