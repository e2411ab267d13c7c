/**
 * An image or latents in overlapping tiles, so that what a VAE needs at once does not grow with the picture. Where tiles
 * overlap, one goes over into the next in equal steps; as diffusers' AutoencoderKL does it, but with tiles spread evenly,
 * all of one size. A VAE sees no further than its tile, so colours may differ a little from those of the whole picture.
 */
import { crop, type Planes } from './crop.ts';

/** The least that neighbours overlap, as a share of a tile; diffusers' number. */
const OVERLAP = 0.25;

export interface Tiling {
  /** Side of a tile, in latent pixels. */
  tile: number;
  /** Pixels of what goes in, and of what comes out, to one latent pixel along a side. */
  from: number;
  to: number;
}

/** One tile along one side: where it begins, in latent pixels, and what each of its pixels counts in the result. */
interface Strip {
  start: number;
  weights: Float64Array;
}

/** `run` is given one tile after the other. Throws what it throws, and when it gives another size than `to` says. */
export async function inTiles(
  source: Planes,
  { tile, from, to }: Tiling,
  run: (tile: Planes) => Promise<Planes>,
): Promise<Planes> {
  const [batch, , height, width] = source.shape;
  const [rows, columns] = [height / from, width / from];
  if (rows <= tile && columns <= tile) return run(source);
  const [down, across] = [strips(rows, tile, to), strips(columns, tile, to)];
  const [tall, wide] = [Math.min(tile, rows) * from, Math.min(tile, columns) * from];
  let result: Planes | undefined;
  for (const vertical of down) {
    for (const horizontal of across) {
      const part = await run(crop(source, horizontal.start * from, vertical.start * from, wide, tall));
      const [, channels, high, broad] = part.shape;
      if (high !== vertical.weights.length || broad !== horizontal.weights.length)
        throw new Error(`a tile of ${wide}×${tall} became one of ${broad}×${high}: decode the whole at once`);
      result ??= {
        shape: [batch, channels, rows * to, columns * to],
        data: new Float32Array(batch * channels * rows * to * columns * to),
      };
      add(result, part, horizontal, vertical, to);
    }
  }
  return result as Planes;
}

/** Tiles over a length, both in latent pixels. The weights of all that cover a pixel sum to 1. */
function strips(length: number, tile: number, to: number): Strip[] {
  const side = Math.min(tile, length);
  const overlap = Math.floor(side * OVERLAP);
  const last = Math.ceil((length - side) / (side - overlap));
  const starts = Array.from({ length: last + 1 }, (_, i) =>
    last === 0 ? 0 : Math.round((i * (length - side)) / last),
  );
  const ramp = Math.max(overlap * to, 1);
  const sums = new Float64Array(length * to);
  const result = starts.map((start, index) => {
    const weights = Float64Array.from({ length: side * to }, (_, i) => {
      const before = index === 0 ? 1 : (i + 0.5) / ramp;
      const after = index === last ? 1 : (side * to - i - 0.5) / ramp;
      return Math.min(before, after, 1);
    });
    for (const [i, weight] of weights.entries()) sums[start * to + i] = (sums[start * to + i] ?? 0) + weight;
    return { start, weights };
  });
  for (const { start, weights } of result) {
    for (const [i, weight] of weights.entries()) weights[i] = weight / (sums[start * to + i] ?? 1);
  }
  return result;
}

function add({ shape, data }: Planes, part: Planes, horizontal: Strip, vertical: Strip, to: number): void {
  const [, , rows, columns] = shape;
  const [batch, channels, height, width] = part.shape;
  for (let line = 0; line < batch * channels * height; line++) {
    const share = vertical.weights[line % height] ?? 0;
    const row = vertical.start * to + (line % height);
    const start = (Math.floor(line / height) * rows + row) * columns + horizontal.start * to;
    for (let i = 0; i < width; i++) {
      const weight = share * (horizontal.weights[i] ?? 0);
      data[start + i] = (data[start + i] ?? 0) + weight * (part.data[line * width + i] ?? 0);
    }
  }
}
