/**
 * A side of an image as overlapping tiles, whose results are blended so that no seam shows: what a network makes of
 * pixels near a tile's border it makes without their neighbours, so the outer part of every overlap is not used, and
 * in the middle of it one tile fades into the next. @pure
 */

export interface Tile {
  /** Of its first pixel; below 0 where there is a border. */
  start: number;
  length: number;
  /** From where to where it fades in, and out; in pixels, with fractions. Infinite at the ends of the side. */
  fadeIn: readonly [number, number];
  fadeOut: readonly [number, number];
}

/**
 * Tiles of `length` pixels, evenly placed, each with at least `overlap` pixels in common with the next; one tile when
 * the side is no longer than that. The first begins `border` pixels before the side, and the last ends as far after it.
 * `overlap` is at most half of `length`, so that no pixel lies in two fades.
 */
export function tilesOf(side: number, length: number, overlap: number, border: number): Tile[] {
  const whole = side + 2 * border;
  if (whole <= length) return [{ start: 0 - border, length: whole, fadeIn: BEFORE, fadeOut: AFTER }];
  const gaps = Math.ceil((whole - length) / (length - overlap));
  const starts = Array.from({ length: gaps + 1 }, (_, i) => Math.round((i * (whole - length)) / gaps) - border);
  const fades = starts.slice(1).map((start, i): [number, number] => {
    const middle = (start + (starts[i] ?? 0) + length) / 2;
    return [middle - overlap / 4, middle + overlap / 4];
  });
  return starts.map((start, i) => ({ start, length, fadeIn: fades[i - 1] ?? BEFORE, fadeOut: fades[i] ?? AFTER }));
}

const BEFORE = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;
const AFTER = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** How much each pixel of a tile counts, when it has `scale` pixels for one; over all tiles the sum is 1 everywhere. */
export function weightsOf({ start, length, fadeIn, fadeOut }: Tile, scale: number): Float32Array {
  return Float32Array.from({ length: length * scale }, (_, i) => {
    const at = start + (i + 0.5) / scale;
    return rise(at, fadeIn) * (1 - rise(at, fadeOut));
  });
}

function rise(at: number, [from, to]: readonly [number, number]): number {
  if (at >= to) return 1;
  return at <= from ? 0 : (at - from) / (to - from);
}
