import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { NodeType } from '../../../contract/graph/catalogue.ts';
import { decodeImage, imageSize } from './image-codec.ts';
import { imageGridNode } from './image-grid.ts';
import { imageInfoNode } from './image-info.ts';
import { imageConvertFormatNode } from './img-convert-format.ts';
import { imageCropNode } from './img-crop.ts';
import { imageResizeNode } from './img-resize.ts';
import { loadImageNode } from './load-image.ts';
import { IMAGE_NODES } from './nodes.ts';
import { newRaster } from './raster.ts';
import { saveImageNode } from './save-image.ts';
import { expectAsPillow, PILLOW, Pictures, photoFile, picture, pixelsOf } from './testing/pictures.ts';

const pictures = new Pictures();
const quarter = async () => {
  const image = await pictures.astronaut();
  return (await pictures.run(imageCropNode, { image, x: 100, y: 100, width: 240, height: 160 })).image;
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
};

/** A PNG of 70 bytes or so that says it has 60,000 × 60,000 pixels. */
const bomb = (): Buffer => {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const pixels = chunk('IDAT', deflateSync(Buffer.alloc(100)));
  return Buffer.concat([signature, chunk('IHDR', header), pixels, chunk('IEND', Buffer.alloc(0))]);
};

describe('load_image', () => {
  it('turns a photo as its orientation tag says, and leaves the tag out', async () => {
    const stored = await sharp(photoFile('coffee.jpg')).metadata();
    expect([stored.width, stored.height, stored.orientation]).toEqual([200, 300, 6]);
    const loaded = await pictures.run(loadImageNode, { image: await pictures.coffee() });
    expect(loaded).toMatchObject({ width: 300, height: 200 });
    expectAsPillow(await pictures.pixels(loaded.image), 'photo:coffee');
    const { format, orientation, exif, icc } = await sharp(pictures.bytes(loaded.image)).metadata();
    expect({ format, orientation, exif, icc }).toEqual({ format: 'png' });
  });

  it('converts when asked to; transparent parts lie over white', async () => {
    const image = await pictures.veiled();
    expectAsPillow(await pictures.result(loadImageNode, { image }), 'photo:veiled');
    expectAsPillow(await pictures.result(loadImageNode, { image, mode: 'RGB' }), 'over white');
    const gray = await pictures.gray();
    expectAsPillow(await pictures.result(loadImageNode, { image: gray, mode: 'RGBA' }), 'convert:gray:RGBA');
  });

  it('gives equal pixels one asset, whatever the file was', async () => {
    const png = await pictures.run(loadImageNode, { image: await pictures.chelsea() });
    const webp = await sharp(photoFile('chelsea.png')).webp({ lossless: true }).toBuffer();
    const tiff = await sharp(photoFile('chelsea.png')).tiff({ compression: 'lzw' }).toBuffer();
    for (const file of [webp, tiff]) {
      expect(await pictures.run(loadImageNode, { image: await pictures.store(file) })).toEqual(png);
    }
  });

  it('refuses what is drawn by a program, which may run for minutes', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
    const image = await pictures.store(Buffer.from(svg));
    for (const node of [loadImageNode, imageInfoNode, saveImageNode])
      await expect(pictures.run(node, { image })).rejects.toThrow(/PNG, JPEG, WebP, GIF, AVIF or TIFF.*format is svg/);
  });

  it('reads 16 bits, palettes and gray with alpha', async () => {
    const deep = await sharp(photoFile('chelsea.png')).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expectAsPillow(await pictures.result(loadImageNode, { image: await pictures.store(deep) }), 'photo:chelsea');

    const deepGray = await sharp(pictures.bytes(await pictures.gray()))
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(deepGray).metadata()).space).toBe('grey16');
    expectAsPillow(await pictures.result(loadImageNode, { image: await pictures.store(deepGray) }), 'photo:gray');

    const colours = { raw: { width: 2, height: 1, channels: 3 } } as const;
    const palette = await sharp(Buffer.from([255, 0, 0, 0, 0, 255]), colours)
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    const flat = await pictures.result(loadImageNode, { image: await pictures.store(palette) });
    expect([flat.mode, ...pixelsOf(flat)]).toEqual(['RGB', [255, 0, 0], [0, 0, 255]]);

    const grayAlpha = { raw: { width: 1, height: 1, channels: 2 } } as const;
    const faint = await sharp(Buffer.from([90, 40]), grayAlpha)
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const faded = await pictures.result(loadImageNode, { image: await pictures.store(faint) });
    expect([faded.mode, ...pixelsOf(faded)]).toEqual(['RGBA', [90, 90, 90, 40]]);
  });

  it('refuses what claims to be too large, and what is no image', async () => {
    const huge = await pictures.store(bomb());
    await expect(pictures.run(loadImageNode, { image: huge })).rejects.toThrow(
      'the image has more than 67108864 pixels',
    );
    const text = await pictures.store(Buffer.from('hello'));
    await expect(pictures.run(loadImageNode, { image: text })).rejects.toThrow('the asset cannot be read as an image');
    const cut = await pictures.store(photoFile('chelsea.png').subarray(0, 20_000));
    await expect(pictures.run(loadImageNode, { image: cut })).rejects.toThrow('the asset cannot be read as an image');
  });
});

describe('img_convert_format', () => {
  it('makes smaller files that look the same', async () => {
    const image = await pictures.astronaut();
    const original = await pictures.pixels(image);
    const sizes: Record<string, number> = {};
    for (const format of ['jpeg', 'webp']) {
      for (const quality of [50, 90]) {
        const converted = await pictures.run(imageConvertFormatNode, { image, format, quality });
        const bytes = pictures.bytes(converted.image);
        expect((await sharp(bytes).metadata()).format).toBe(format);
        sizes[`${format} ${quality}`] = bytes.byteLength;
        const { data } = await pictures.pixels(converted.image);
        const error = data.reduce((sum, value, i) => sum + Math.abs(value - original.data[i]!), 0) / data.length;
        expect(error).toBeLessThan(quality === 90 ? 3 : 6);
      }
    }
    expect(sizes['jpeg 90']).toBeLessThan(pictures.bytes(image).byteLength / 3);
    expect(sizes['jpeg 50']).toBeLessThan(sizes['jpeg 90']!);
    expect(sizes['webp 50']).toBeLessThan(sizes['webp 90']!);
  });

  it('states the content type, and gives the same bytes twice', async () => {
    const own = new Pictures();
    const image = await own.chelsea();
    const types: string[] = [];
    const { write } = own.context.assets;
    own.context.assets.write = (bytes, type) => {
      types.push(type);
      return write(bytes, type);
    };
    for (const format of ['png', 'jpeg', 'webp']) {
      const once = await own.run(imageConvertFormatNode, { image, format });
      expect(await own.run(imageConvertFormatNode, { image, format })).toEqual(once);
    }
    expect(types).toEqual(['image/png', 'image/png', 'image/jpeg', 'image/jpeg', 'image/webp', 'image/webp']);
  });

  it('keeps alpha in WebP and lays it over white in JPEG', async () => {
    const image = await pictures.store(newRaster(16, 16, 'RGBA'));
    const webp = await pictures.result(imageConvertFormatNode, { image, format: 'webp' });
    expect([webp.mode, webp.data[3]]).toEqual(['RGBA', 0]);
    const jpeg = await pictures.result(imageConvertFormatNode, { image, format: 'jpeg' });
    expect([jpeg.mode, ...jpeg.data.subarray(0, 3)]).toEqual(['RGB', 255, 255, 255]);
  });

  it('says what to do where an image is too long for WebP, or has more pixels than it encodes in seconds', async () => {
    const image = await pictures.store(newRaster(16_384, 1, 'L'));
    for (const [each, size] of [
      [image, '16384 × 1'],
      [await pictures.store(newRaster(4097, 4096, 'L')), '4097 × 4096'],
    ])
      await expect(pictures.run(imageConvertFormatNode, { image: each, format: 'webp' })).rejects.toThrow(
        `the image is ${size}, and WebP has at most 16383 a side and 16777216 pixels here: make it smaller, or`,
      );
    const jpeg = await pictures.run(imageConvertFormatNode, { image, format: 'jpeg' });
    expect(jpeg).toMatchObject({ width: 16_384, height: 1 });
  });

  it('keeps gray gray in JPEG', async () => {
    const jpeg = await pictures.result(imageConvertFormatNode, { image: await pictures.gray(), format: 'jpeg' });
    expect(jpeg.mode).toBe('L');
  });
});

describe('image_info', () => {
  it('tells size, format, mode and mean colour', async () => {
    const [r, g, b] = PILLOW['mean colours'].chelsea!;
    expect(await pictures.run(imageInfoNode, { image: await pictures.chelsea() })).toEqual({
      width: 240,
      height: 160,
      channels: 3,
      mode: 'RGB',
      format: 'png',
      bytes: photoFile('chelsea.png').byteLength,
      mean_color: { r, g, b, a: 255 },
    });
    const turned = await pictures.run(imageInfoNode, { image: await pictures.coffee() });
    expect(turned).toMatchObject({ width: 300, height: 200, channels: 3, format: 'jpeg' });
  });

  it('weighs colours by their alpha', async () => {
    const [r, g, b, a] = PILLOW['mean colours'].veiled!;
    const info = await pictures.run(imageInfoNode, { image: await pictures.veiled() });
    expect(info).toMatchObject({ channels: 4, mode: 'RGBA', mean_color: { r, g, b, a } });
    const clear = await pictures.run(imageInfoNode, { image: await pictures.store(newRaster(2, 2, 'RGBA')) });
    expect(clear).toMatchObject({ mean_color: { r: 0, g: 0, b: 0, a: 0 } });
  });
});

describe('save_image and image_grid', () => {
  it('saves the asset as it is', async () => {
    const image = await pictures.coffee();
    expect(await pictures.run(saveImageNode, { image })).toEqual({ image, width: 300, height: 200 });
  });

  it('lays photos out as Pillow does', async () => {
    const images = [await pictures.chelsea(), await pictures.coffee(), await quarter()];
    expectAsPillow(await pictures.result(imageGridNode, { images, columns: 2 }), 'grid');
  });

  it('is about square unless it is told its columns, and no wider than its images', async () => {
    const image = await pictures.store(newRaster(16, 10, 'RGB'));
    const sizeOf = async (count: number, columns?: number) => {
      const images = new Array(count).fill(image);
      const { width, height } = await pictures.run(imageGridNode, { images, gap: 2, ...(columns && { columns }) });
      return [width, height];
    };
    expect([await sizeOf(3), await sizeOf(4), await sizeOf(5)]).toEqual([
      [38, 26],
      [38, 26],
      [56, 26],
    ]);
    expect([await sizeOf(3, 1), await sizeOf(3, 9)]).toEqual([
      [20, 38],
      [56, 14],
    ]);
  });

  it('has alpha only where its background has', async () => {
    const images = [await pictures.store(picture('L', 1, [[7]]))];
    const background = { r: 1, g: 2, b: 3, a: 0 };
    const grid = await pictures.result(imageGridNode, { images, gap: 1, background });
    expect([grid.mode, ...pixelsOf(grid).slice(3, 5)]).toEqual(['RGBA', [1, 2, 3, 0], [7, 7, 7, 255]]);
  });

  it('refuses a grid that is too large before it reads the pixels', async () => {
    const own = new Pictures();
    const large = await own.store(newRaster(2000, 1000, 'L'));
    const grid = own.run(imageGridNode, { images: Array.from({ length: 64 }, () => large), gap: 0 });
    await expect(grid).rejects.toThrow('the result would be 16000 × 8000');
    // Each may have to be fetched, and a cancel has not to wait for all.
    expect(own.context.checkpoints).toBe(64);
  });
});

describe('the codec of diffusion nodes', () => {
  it('reads photos upright, over white, and brings them down to what a model takes', async () => {
    const coffee = await decodeImage(photoFile('coffee.jpg'), { multipleOf: 64 });
    expect([coffee.width, coffee.height, coffee.rgb.length]).toEqual([256, 192, 256 * 192 * 3]);
    expect(await imageSize(photoFile('coffee.jpg'))).toEqual({ width: 300, height: 200 });
    // By the filter of img_resize, which is Pillow's on every machine.
    const resized = { image: await pictures.coffee(), width: 256, height: 192, resample_mode: 'lanczos' };
    expect(coffee.rgb).toEqual((await pictures.result(imageResizeNode, resized)).data);
    const veiled = await decodeImage(pictures.bytes(await pictures.veiled()));
    expectAsPillow({ ...veiled, mode: 'RGB', data: veiled.rgb }, 'over white');
  });
});

describe('every image node', () => {
  it.each(IMAGE_NODES.map((node) => [node.definition.type, node] as const))('is complete: %s', (_, { definition }) => {
    expect(NodeType.safeParse(definition).error).toBeUndefined();
    expect(definition.deterministic).toBe(true);
    expect(definition.description).toMatch(/^[A-Z].*\.$/);
    for (const field of Object.values({ ...definition.inputs, ...definition.outputs })) {
      expect(field.description).toMatch(/\.$/);
    }
  });
});
