/** Channels of an image: taken out, put in, changed by a table, weighed by alpha. */
import { byteMix, byteProduct, channelsOf, jointMode, newRaster, type Raster, toByte, toMode } from './raster.ts';
import { type Checkpoint, inSlices } from './slices.ts';

/** One channel as a gray image. */
export function channel(source: Raster, index: number): Raster {
  const result = newRaster(source.width, source.height, 'L');
  const step = channelsOf(source);
  for (let i = index, o = 0; i < source.data.length; i += step, o++) result.data[o] = source.data[i] as number;
  return result;
}

/** With `alpha`, a gray image of the same size, in the place of its own. */
export function withAlpha(source: Raster, alpha: Raster): Raster {
  const result = toMode(toMode(source, 'RGB'), 'RGBA');
  for (let i = 0, o = 3; i < alpha.data.length; i++, o += 4) result.data[o] = alpha.data[i] as number;
  return result;
}

/** Every colour or gray by a table of 256 bytes; alpha stays. */
export function mapColours(source: Raster, table: Uint8Array): Raster {
  const data = source.data.map((value) => table[value] as number);
  if (source.mode === 'RGBA') for (let i = 3; i < data.length; i += 4) data[i] = source.data[i] as number;
  return { ...source, data };
}

/** A table for `mapColours`; what `of` returns is rounded and kept within a byte. */
export const tableOf = (of: (value: number) => number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, value) => toByte(of(value)));

/** White for black and black for white. */
export const NEGATIVE = tableOf((value) => 255 - value);

/** Channel by channel, 255 standing for one; of images of the same size, in the poorest mode that holds both. */
export function product(a: Raster, b: Raster): Raster {
  const mode = jointMode(a, b);
  const [one, two] = [toMode(a, mode), toMode(b, mode)];
  const result = newRaster(one.width, one.height, mode);
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = byteProduct(one.data[i] as number, two.data[i] as number);
  }
  return result;
}

/** Transparent parts laid over white, which is what models and formats without alpha see. */
export function flatten(source: Raster): Raster {
  if (source.mode !== 'RGBA') return source;
  const { data } = source;
  const result = newRaster(source.width, source.height, 'RGB');
  for (let i = 0, o = 0; i < data.length; i += 4, o += 3) {
    const alpha = data[i + 3] as number;
    for (let c = 0; c < 3; c++) result.data[o + c] = byteMix(255, data[i + c] as number, alpha);
  }
  return result;
}

/** Colours multiplied by alpha, so that neighbours may be averaged without what hidden colours would add; in place. */
export const premultiply = ({ data }: Raster, checkpoint: Checkpoint): Promise<void> =>
  inSlices(data.length / 4, checkpoint, (from, to) => {
    for (let i = from * 4; i < to * 4; i += 4) {
      const alpha = data[i + 3] as number;
      if (alpha === 255) continue;
      for (let c = i; c < i + 3; c++) data[c] = byteProduct(data[c] as number, alpha);
    }
  });

/** The reverse, as far as 8 bits allow; in place. */
export const unpremultiply = ({ data }: Raster, checkpoint: Checkpoint): Promise<void> =>
  inSlices(data.length / 4, checkpoint, (from, to) => {
    for (let i = from * 4; i < to * 4; i += 4) {
      const alpha = data[i + 3] as number;
      if (alpha === 255 || alpha === 0) continue;
      for (let c = i; c < i + 3; c++) data[c] = Math.min(255, Math.trunc((255 * (data[c] as number)) / alpha));
    }
  });
