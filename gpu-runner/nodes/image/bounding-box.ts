/** Rectangles of images. */
import type { BoundingBox } from '../fields.ts';
import type { Raster } from './raster.ts';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Throws RangeError when nothing is inside. */
export function rectangleOf({ x_min, x_max, y_min, y_max }: BoundingBox): Rectangle {
  const rectangle = { x: x_min, y: y_min, width: x_max - x_min, height: y_max - y_min };
  if (rectangle.width > 0 && rectangle.height > 0) return rectangle;
  throw new RangeError(
    `the bounding box (${x_min}, ${y_min}) to (${x_max}, ${y_max}) is empty: x_max and y_max have to be the larger ones`,
  );
}

/** The smallest rectangle around the pixels that `is` accepts; null when there are none. */
export function around({ width, height }: Raster, is: (pixel: number) => boolean): Rectangle | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (!is(pixel)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
