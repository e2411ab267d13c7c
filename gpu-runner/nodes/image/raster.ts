/**
 * Pixels in memory, as the image nodes work on them: 8 bits a channel, sRGB, alpha straight (not multiplied into the
 * colours), row by row from the top. Operations return new rasters and leave their inputs as they are.
 */
import { IMAGE_PIXELS_MAX } from '../../../contract/limits.ts';
import type { Color } from '../fields.ts';

export const MODES = ['L', 'RGB', 'RGBA'] as const;
/** Gray; red, green, blue; the same with alpha. Masks are gray: white is what is selected. */
export type Mode = (typeof MODES)[number];

export interface Raster {
  width: number;
  height: number;
  mode: Mode;
  /** width × height × channels bytes. */
  data: Uint8Array;
}

const CHANNELS = { L: 1, RGB: 3, RGBA: 4 } as const;
export const channelsOf = ({ mode }: { mode: Mode }): 1 | 3 | 4 => CHANNELS[mode];

/** Pixels of one side: JPEG has 16 bits for it. */
export const SIDE_MAX = 65_535;

/** Throws RangeError when a result would have no pixels or too many. */
export function requireFits(width: number, height: number): void {
  if (width < 1 || height < 1) throw new RangeError(`the result would be ${width} × ${height}: nothing would be left`);
  if (width > SIDE_MAX || height > SIDE_MAX || width * height > IMAGE_PIXELS_MAX) {
    throw new RangeError(
      `the result would be ${width} × ${height}: an image has at most ${IMAGE_PIXELS_MAX} pixels and ${SIDE_MAX} a side; make it smaller`,
    );
  }
}

/** All zero: black, and transparent where there is alpha. Throws RangeError before anything too large is allocated. */
export function newRaster(width: number, height: number, mode: Mode): Raster {
  requireFits(width, height);
  return { width, height, mode, data: new Uint8Array(width * height * CHANNELS[mode]) };
}

/** All of one colour, as far as the mode has its channels. */
export function filled(width: number, height: number, mode: Mode, { r, g, b, a }: Color): Raster {
  const result = newRaster(width, height, mode);
  const pixel = mode === 'L' ? [luma(r, g, b)] : mode === 'RGB' ? [r, g, b] : [r, g, b, a];
  const { data } = result;
  data.set(pixel);
  for (let done = pixel.length; done < data.length; done *= 2) data.copyWithin(done, 0, data.length - done);
  return result;
}

/** a × b / 255, rounded to nearest, for bytes. */
export function byteProduct(a: number, b: number): number {
  const t = a * b + 128;
  return (t + (t >> 8)) >> 8;
}

/** From `a` to `b` as `weight` goes from 0 to 255, rounded to nearest. */
export function byteMix(a: number, b: number, weight: number): number {
  const t = a * (255 - weight) + b * weight + 128;
  return (t + (t >> 8)) >> 8;
}

/** Rounds to nearest and keeps within a byte. */
export const toByte = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value));

/** ITU-R 601 luma in 16-bit fixed point. */
export const luma = (r: number, g: number, b: number): number => (r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16;

/** In another mode. Alpha that the new mode has not is dropped, which shows the colours that it hid; new alpha is opaque. */
export function toMode(source: Raster, mode: Mode): Raster {
  if (source.mode === mode) return source;
  const result = newRaster(source.width, source.height, mode);
  const { data } = result;
  const [from, to] = [channelsOf(source), channelsOf(result)];
  for (let i = 0, o = 0; i < source.data.length; i += from, o += to) {
    const r = source.data[i] as number;
    const g = from === 1 ? r : (source.data[i + 1] as number);
    const b = from === 1 ? r : (source.data[i + 2] as number);
    if (to === 1) {
      data[o] = luma(r, g, b);
      continue;
    }
    data[o] = r;
    data[o + 1] = g;
    data[o + 2] = b;
    if (to === 4) data[o + 3] = 255;
  }
  return result;
}

/** The poorest mode that holds both. */
export const jointMode = (a: Raster, b: Raster): Mode => (channelsOf(a) > channelsOf(b) ? a.mode : b.mode);

/** Throws RangeError when two images that are combined pixel by pixel differ in size. */
export function requireSameSize(a: Raster, b: Raster, nameA: string, nameB: string): void {
  if (a.width === b.width && a.height === b.height) return;
  throw new RangeError(
    `${nameA} is ${a.width} × ${a.height} and ${nameB} ${b.width} × ${b.height}: resize one, they have to be equal`,
  );
}
