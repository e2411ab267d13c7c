/**
 * Image files to pixels and back, through sharp. It is imported when the first image is handled, so that listing the
 * nodes (the catalogue, a runner that only adds numbers) does not load it.
 */
import type { Sharp, SharpInput, SharpOptions } from 'sharp';
import { IMAGE_PIXELS_MAX } from '../../../contract/limits.ts';
import type { PreviewPixels } from '../../diffusion/preview-pixels.ts';
import { flatten } from './channels.ts';
import { channelsOf, type Raster, toMode } from './raster.ts';
import { resample } from './resample.ts';
import type { Checkpoint } from './slices.ts';

/** RGB pixels, 8 bits a channel, row by row. */
export type Pixels = PreviewPixels;

/**
 * Fixed, so that equal pixels give equal bytes and thus one asset. The filter is chosen by libvips row by row, from
 * the pixels alone; no metadata, no time stamp.
 */
const PNG_OPTIONS = { compressionLevel: 6, adaptiveFiltering: true, palette: false, progressive: false } as const;

/**
 * What libvips reads besides is refused: an SVG is a program, that may run for minutes with nothing to stop it, and draws
 * its text with the fonts of the machine. "heif" is AVIF too.
 */
const FORMATS: readonly string[] = ['png', 'jpeg', 'webp', 'gif', 'heif', 'tiff'];

const loadSharp = async () => (await import('sharp')).default;

const fromRaw = async ({ width, height, data, ...rest }: Raster): Promise<Sharp> => {
  const sharp = await loadSharp();
  const image = sharp(data, { raw: { width, height, channels: channelsOf(rest) } });
  // Otherwise gray images are written as colour.
  return rest.mode === 'L' ? image.toColourspace('b-w') : image;
};

/** Headers are checked against the limit before pixels are decoded: a small file can claim to be a huge image. */
async function open<Result>(bytes: Uint8Array, work: (image: Sharp) => Promise<Result>): Promise<Result> {
  const sharp = await loadSharp();
  const options: SharpOptions = { limitInputPixels: IMAGE_PIXELS_MAX };
  try {
    return await work(sharp(bytes as SharpInput, options));
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('pixel limit')) {
      throw new RangeError(`the image has more than ${IMAGE_PIXELS_MAX} pixels: make it smaller first`);
    }
    throw new Error(`the asset cannot be read as an image (PNG, JPEG, WebP, GIF, AVIF or TIFF): ${message}`, {
      cause: error,
    });
  }
}

export const encodePng = ({ width, height, rgb }: Pixels): Promise<Uint8Array> =>
  encodeRaster({ width, height, mode: 'RGB', data: rgb });

/** As PNG, in the raster's own mode. */
export const encodeRaster = async (raster: Raster): Promise<Uint8Array> =>
  (await fromRaw(raster)).png(PNG_OPTIONS).toBuffer();

/** As a smaller file that loses some detail; `quality` is 1 to 100. JPEG has no alpha: give it none. */
export const encodeLossy = async (raster: Raster, format: 'jpeg' | 'webp', quality: number): Promise<Uint8Array> =>
  (await fromRaw(raster))[format]({ quality }).toBuffer();

/** Reads only the header. The size is as shown: a photo's orientation tag is applied. */
export async function imageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const { width, height } = await imageHeader(bytes);
  return { width, height };
}

export interface ImageHeader {
  /** As shown: a photo's orientation tag is applied. */
  width: number;
  height: number;
  /** e.g. "png". */
  format: string;
  mode: Raster['mode'];
}

/** Reads only the header. Gray with alpha counts as RGBA, since a raster has no mode for it. */
export const imageHeader = (bytes: Uint8Array): Promise<ImageHeader> =>
  open(bytes, async (image) => {
    const { autoOrient, format, hasAlpha, space } = await image.metadata();
    if (!FORMATS.includes(format)) throw new Error(`its format is ${format}`);
    const gray = space === 'b-w' || space === 'grey16';
    return { ...autoOrient, format, mode: hasAlpha ? 'RGBA' : gray ? 'L' : 'RGB' };
  });

/** The pixels as they are shown, in the mode of the file: orientation tag and colour profile are applied. */
export async function decodeRaster(bytes: Uint8Array): Promise<Raster> {
  const { mode } = await imageHeader(bytes);
  return open(bytes, async (image) => {
    const oriented = image.autoOrient().toColourspace(mode === 'L' ? 'b-w' : 'srgb');
    return rasterOf(mode === 'RGBA' ? oriented.ensureAlpha() : oriented.removeAlpha());
  });
}

/**
 * Transparent parts are laid over white; orientation tags are applied. With `multipleOf`, both sides are scaled down to
 * the next multiple, by Lanczos' filter as in InvokeAI.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { multipleOf = 1, checkpoint = async () => {} }: { multipleOf?: number; checkpoint?: Checkpoint } = {},
): Promise<Pixels> {
  const decoded = toMode(flatten(await decodeRaster(bytes)), 'RGB');
  const fit = (side: number) => Math.max(multipleOf, side - (side % multipleOf));
  const [width, height] = [fit(decoded.width), fit(decoded.height)];
  const { data } = await resample(decoded, width, height, 'lanczos', checkpoint);
  return { width, height, rgb: data };
}

/** What sharp makes of the pixels, e.g. turned. */
export const transform = async (source: Raster, change: (image: Sharp) => Sharp): Promise<Raster> =>
  rasterOf(change(await fromRaw(source)));

const MODE_OF = { 1: 'L', 3: 'RGB', 4: 'RGBA' } as const;

async function rasterOf(image: Sharp): Promise<Raster> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const mode = MODE_OF[info.channels as keyof typeof MODE_OF];
  if (mode === undefined) throw new Error(`an image of ${info.channels} channels has no mode`);
  // A plain array: the slices of a Buffer share its memory.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { width: info.width, height: info.height, mode, data: bytes };
}
