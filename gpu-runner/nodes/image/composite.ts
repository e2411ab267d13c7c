/** One image over another of the same size, by the formulas of W3C Compositing and Blending Level 1. */
import type { Blend } from './blend-modes.ts';
import { jointMode, newRaster, type Raster, toByte, toMode } from './raster.ts';
import { type Checkpoint, inSlices } from './slices.ts';

/**
 * `opacity` (0 to 1) is that of `upper` as a whole, besides its alpha. The result has alpha when one of the two has.
 * Where both are transparent it is transparent black.
 */
export async function composite(
  base: Raster,
  upper: Raster,
  blend: Blend,
  opacity: number,
  checkpoint: Checkpoint,
): Promise<Raster> {
  const [below, above] = [toMode(base, 'RGBA').data, toMode(upper, 'RGBA').data];
  const result = newRaster(base.width, base.height, 'RGBA');
  const { data } = result;
  await inSlices(
    base.width * base.height,
    checkpoint,
    (from, to) => {
      for (let i = from * 4; i < to * 4; i += 4) {
        const under = (below[i + 3] as number) / 255;
        const over = ((above[i + 3] as number) / 255) * opacity;
        const alpha = over + under * (1 - over);
        if (alpha === 0) continue;
        for (let c = i; c < i + 3; c++) {
          const low = (below[c] as number) / 255;
          const high = (above[c] as number) / 255;
          const mixed = (1 - under) * high + under * blend(low, high);
          data[c] = toByte(((over * mixed + (1 - over) * under * low) / alpha) * 255);
        }
        data[i + 3] = toByte(alpha * 255);
      }
    },
    16,
  );
  return toMode(result, jointMode(base, upper));
}
