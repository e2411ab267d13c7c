/** Rectangles of pixels, copied from one image to another. */
import { byteMix, channelsOf, newRaster, type Raster, toMode } from './raster.ts';

/** Calls `row` for every stretch of `source` that lies on `canvas`, with the first pixel of each and their number. */
function overlap(
  canvas: Raster,
  source: Raster,
  x: number,
  y: number,
  row: (canvasPixel: number, sourcePixel: number, count: number) => void,
): void {
  const left = Math.max(0, x);
  const right = Math.min(canvas.width, x + source.width);
  const bottom = Math.min(canvas.height, y + source.height);
  if (right <= left) return;
  for (let line = Math.max(0, y); line < bottom; line++) {
    row(line * canvas.width + left, (line - y) * source.width + left - x, right - left);
  }
}

/** Copies `source` onto `canvas`, both in one mode, alpha included; what lies beyond the canvas is left out. */
export function place(canvas: Raster, source: Raster, x: number, y: number): void {
  const step = channelsOf(canvas);
  overlap(canvas, source, x, y, (to, from, count) => {
    canvas.data.set(source.data.subarray(from * step, (from + count) * step), to * step);
  });
}

/** As `place`, where `mask`, as large as `source`, is black; where it is white the canvas stays. */
export function placeWhereBlack(canvas: Raster, source: Raster, mask: Raster, x: number, y: number): void {
  const step = channelsOf(canvas);
  overlap(canvas, source, x, y, (to, from, count) => {
    for (let i = 0; i < count; i++) {
      const keep = mask.data[from + i] as number;
      for (let c = 0; c < step; c++) {
        const at = (to + i) * step + c;
        canvas.data[at] = byteMix(source.data[(from + i) * step + c] as number, canvas.data[at] as number, keep);
      }
    }
  });
}

/**
 * The rectangle of `width` × `height` whose upper left corner is at (x, y) of `source`. Where it reaches beyond the
 * image the result is transparent, and so has alpha; else it keeps its mode.
 */
export function region(source: Raster, x: number, y: number, width: number, height: number): Raster {
  const inside = x >= 0 && y >= 0 && x + width <= source.width && y + height <= source.height;
  const result = newRaster(width, height, inside ? source.mode : 'RGBA');
  place(result, toMode(source, result.mode), -x, -y);
  return result;
}
