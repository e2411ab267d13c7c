/**
 * Blurs as Pillow does them: a box whose radius may be fractional (the pixels just beyond its whole part count by the
 * fraction), edges repeated, in 24-bit fixed point. A running sum makes the cost the same for every radius. Three boxes
 * in a row come close to a Gaussian; their radius for a standard deviation is that of Gwosdek et al., "Theoretical
 * Foundations of Gaussian Convolution by Extended Box Filtering" (SSVM 2011), equations 7, 11 and 14.
 */
import { premultiply, unpremultiply } from './channels.ts';
import { channelsOf, type Raster } from './raster.ts';
import { type Checkpoint, inSlices } from './slices.ts';

const ONE = 1 << 24;
const GAUSSIAN_PASSES = 3;

interface Box {
  radius: number;
  /** Weight of each pixel within the radius, and of the two just beyond it. */
  inner: number;
  outer: number;
}

function boxOf(radius: number): Box {
  const single = Math.fround(radius);
  const whole = Math.trunc(single);
  const inner = Math.trunc(Math.fround(ONE / Math.fround(single * 2 + 1)));
  return { radius: whole, inner, outer: Math.trunc((ONE - (whole * 2 + 1) * inner) / 2) };
}

/** One line of `length` bytes, from `source` to `target`, which is not the same. */
function blurLine(source: Uint8Array, target: Uint8Array, length: number, { radius, inner, outer }: Box): void {
  const last = length - 1;
  const at = (index: number) => source[index < 0 ? 0 : index > last ? last : index] as number;
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += at(i);
  for (let i = 0; i < length; i++) {
    const value = sum * inner + (at(i - radius - 1) + at(i + radius + 1)) * outer;
    target[i] = Math.floor((value + ONE / 2) / ONE);
    sum += at(i + radius + 1) - at(i - radius);
  }
}

/** Blurs the lines of one direction `passes` times, in place. */
async function blurAxis(raster: Raster, axis: 'x' | 'y', box: Box, passes: number, checkpoint: Checkpoint) {
  const channels = channelsOf(raster);
  const across = axis === 'x';
  const rowBytes = raster.width * channels;
  const length = across ? raster.width : raster.height;
  const step = across ? channels : rowBytes;
  let [line, other] = [new Uint8Array(length), new Uint8Array(length)];
  await inSlices(
    across ? raster.height * channels : rowBytes,
    checkpoint,
    (from, to) => {
      for (let index = from; index < to; index++) {
        const start = across ? Math.floor(index / channels) * rowBytes + (index % channels) : index;
        for (let i = 0, at = start; i < length; i++, at += step) line[i] = raster.data[at] as number;
        for (let pass = 0; pass < passes; pass++) {
          blurLine(line, other, length, box);
          [line, other] = [other, line];
        }
        for (let i = 0, at = start; i < length; i++, at += step) raster.data[at] = line[i] as number;
      }
    },
    length * (passes + 1) + 2 * box.radius,
  );
}

async function blur(source: Raster, radius: number, passes: number, checkpoint: Checkpoint): Promise<Raster> {
  const result = { ...source, data: source.data.slice() };
  if (radius === 0) return result;
  if (source.mode === 'RGBA') await premultiply(result, checkpoint);
  const box = boxOf(radius);
  await blurAxis(result, 'x', box, passes, checkpoint);
  await blurAxis(result, 'y', box, passes, checkpoint);
  if (source.mode === 'RGBA') await unpremultiply(result, checkpoint);
  return result;
}

/** The mean of the square of side 2 × radius + 1 around each pixel; alpha weighs colours. */
export const boxBlur = (source: Raster, radius: number, checkpoint: Checkpoint): Promise<Raster> =>
  blur(source, radius, 1, checkpoint);

/** `radius` is the standard deviation, in pixels. */
export const gaussianBlur = (source: Raster, radius: number, checkpoint: Checkpoint): Promise<Raster> =>
  blur(source, gaussianBoxRadius(radius), GAUSSIAN_PASSES, checkpoint);

function gaussianBoxRadius(deviation: number): number {
  const variance = deviation ** 2 / GAUSSIAN_PASSES;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const fraction = ((2 * whole + 1) * (whole * (whole + 1) - 3 * variance)) / (6 * (variance - (whole + 1) ** 2));
  return whole + fraction;
}
