/**
 * Image files to pixels and back, through sharp. It is imported when the first image is handled, so that listing the
 * nodes (the catalogue, a runner that only adds numbers) does not load it.
 */
import { IMAGE_PIXELS_MAX } from '../../../contract/limits.ts';
import type { PreviewPixels } from '../../diffusion/preview-pixels.ts';
import type { Color } from '../fields.ts';

/** RGB pixels, 8 bits a channel, row by row. */
export type Pixels = PreviewPixels;

/**
 * Fixed, so that equal pixels give equal bytes and thus one asset. The filter is chosen by libvips row by row, from
 * the pixels alone; no metadata, no time stamp.
 */
const PNG_OPTIONS = { compressionLevel: 6, adaptiveFiltering: true, palette: false, progressive: false } as const;

const loadSharp = async () => (await import('sharp')).default;

export async function encodePng({ width, height, rgb }: Pixels): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png(PNG_OPTIONS)
    .toBuffer();
}

/** Reads only the header. The size is as shown: a photo's orientation tag is applied. */
export async function imageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const sharp = await loadSharp();
  const { autoOrient } = await sharp(bytes, { limitInputPixels: IMAGE_PIXELS_MAX }).metadata();
  return autoOrient;
}

/**
 * Transparent parts are laid over white; orientation tags are applied. With `multipleOf`, both sides are scaled down to
 * the next multiple.
 */
export async function decodeImage(bytes: Uint8Array, { multipleOf = 1 } = {}): Promise<Pixels> {
  const sharp = await loadSharp();
  let image = sharp(bytes, { limitInputPixels: IMAGE_PIXELS_MAX }).autoOrient().flatten({ background: '#fff' });
  if (multipleOf > 1) {
    const size = await imageSize(bytes);
    const fit = (side: number) => Math.max(multipleOf, side - (side % multipleOf));
    const [width, height] = [fit(size.width), fit(size.height)];
    if (width !== size.width || height !== size.height) image = image.resize(width, height, { fit: 'fill' });
  }
  const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

export interface Composition {
  width: number;
  height: number;
  background: Color;
  placed: { pixels: Pixels; left: number; top: number }[];
}

/** Images laid over a plain background, as a PNG; with an alpha channel only when the background has one. */
export async function composePng({ width, height, background, placed }: Composition): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { a, ...rgb } = background;
  const grid = sharp({ create: { width, height, channels: 4, background: { ...rgb, alpha: a / 255 } } }).composite(
    placed.map(({ pixels, left, top }) => ({
      input: Buffer.from(pixels.rgb.buffer, pixels.rgb.byteOffset, pixels.rgb.byteLength),
      raw: { width: pixels.width, height: pixels.height, channels: 3 as const },
      left,
      top,
    })),
  );
  // Compositing always leaves an alpha channel.
  return (a === 255 ? grid.removeAlpha() : grid).png(PNG_OPTIONS).toBuffer();
}
