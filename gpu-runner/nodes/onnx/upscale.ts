import { defineNode } from '../define-node.ts';
import { image, integer, model } from '../fields.ts';
import { channel, withAlpha } from '../image/channels.ts';
import { readRaster, writeRaster } from '../image/image-assets.ts';
import { newRaster, type Raster, toMode } from '../image/raster.ts';
import { resample } from '../image/resample.ts';
import type { InvocationContext } from '../node.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { type Size, SuperResolution, type UpscaledTile } from './super-resolution.ts';
import { type Tile, tilesOf, weightsOf } from './tiles.ts';

/**
 * Nothing interrupts a network while it runs, and its memory grows with the tile: a small one takes 6 seconds and 1.6 GB
 * for 1024 × 1024 pixels on two cores, 0.3 seconds for 256 × 256; the time of others goes with their weights.
 */
const TILE_SIDE_MAX = 1024;

export const upscaleNode = defineNode({
  type: 'upscale',
  version: '1.0.0',
  title: 'Upscale Image',
  category: 'image',
  description:
    'Enlarges an image with a super-resolution model, as many times as the model does. Large images are done in tiles that blend into each other.',
  deterministic: true,
  inputs: {
    model: model({ description: 'The model, of type onnx; its config.json may say layout, range and scale.' }),
    image: image({ description: 'The image to enlarge. Alpha is enlarged without the model.' }),
    tile_size: integer({
      default: 256,
      minimum: 0,
      maximum: TILE_SIDE_MAX,
      description: `Pixels along the sides of a tile: smaller ones need less memory and hear a cancel sooner. 0 takes the largest, ${TILE_SIDE_MAX}, so that a smaller image is done as a whole; a model that takes one size only decides itself.`,
    }),
    tile_overlap: integer({
      default: 32,
      minimum: 0,
      maximum: 1024,
      description: 'Pixels that neighbouring tiles have in common, at most half of a tile.',
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ model, image, tile_size, tile_overlap }, context) => {
    const network = new SuperResolution(await context.models.onnx(model));
    const source = await readRaster(context, image);
    const side = tile_size || TILE_SIDE_MAX;
    const cut = { ...(network.tile ?? { width: side, height: side }), overlap: tile_overlap };
    const colours = await enlarge(network, toMode(source, 'RGB'), cut, context);
    if (source.mode !== 'RGBA') return writeRaster(context, colours);
    const pause = () => context.checkpoint();
    const alpha = await resample(channel(source, 3), colours.width, colours.height, 'bicubic', pause);
    return writeRaster(context, withAlpha(colours, alpha));
  },
});

/**
 * Pixels that are added around an image by repeating its outermost ones: networks take what lies beyond a tile for
 * black, which shows as a darker rim. Not for tiles of a fixed size, which an image may just fill.
 */
const BORDER = 4;

async function enlarge(
  network: SuperResolution,
  source: Raster,
  tile: Size & { overlap: number },
  context: InvocationContext,
): Promise<Raster> {
  const border = network.tile ? 0 : BORDER;
  const along = (side: number, length: number) =>
    tilesOf(side, length + 2 * border, Math.min(tile.overlap, Math.floor(length / 2)), border);
  const columns = along(source.width, tile.width);
  const rows = along(source.height, tile.height);
  let canvas = network.scale === null ? null : new Canvas(source, network.scale, rows);
  let done = 0;
  for (const row of rows) {
    for (const column of columns) {
      await context.checkpoint();
      await context.progress({ message: 'Upscaling', percentage: done++ / (rows.length * columns.length) });
      const part = { x: column.start, y: row.start, width: column.length, height: row.length };
      const made = await network.run(source, part);
      canvas ??= new Canvas(source, made.scale, rows);
      canvas.add(made, column, row);
    }
  }
  if (!canvas) throw new Error('an image without pixels cannot be enlarged');
  return canvas.finished();
}

/** The enlarged image; of its sums only the rows that tiles still add to are kept as numbers with fractions. */
class Canvas {
  readonly #scale: number;
  readonly #raster: Raster;
  readonly #sums: Float32Array;
  /** The first row that is not finished. */
  #top = 0;

  constructor({ width, height }: Size, scale: number, rows: readonly Tile[]) {
    this.#scale = scale;
    this.#raster = newRaster(width * scale, height * scale, 'RGB');
    this.#sums = new Float32Array((rows[0]?.length ?? 0) * scale * this.#raster.width * 3);
  }

  add({ data, width, pixelStep, channelStep, range }: UpscaledTile, column: Tile, row: Tile): void {
    const line = this.#raster.width * 3;
    const [left, top] = [column.start * this.#scale, row.start * this.#scale];
    this.#finish(Math.max(this.#top, top));
    const across = weightsOf(column, this.#scale);
    const factor = 255 / range;
    const first = Math.max(0, -left);
    const end = Math.min(across.length, this.#raster.width - left);
    for (const [y, down] of weightsOf(row, this.#scale).entries()) {
      if (down === 0 || top + y < 0 || top + y >= this.#raster.height) continue;
      let to = (top + y - this.#top) * line + (left + first) * 3;
      for (let x = first; x < end; x++) {
        const from = (y * width + x) * pixelStep;
        const share = (across[x] ?? 0) * down * factor;
        for (let channel = 0; channel < 3; channel++, to++)
          this.#sums[to] = (this.#sums[to] ?? 0) + (data[from + channel * channelStep] ?? 0) * share;
      }
    }
  }

  finished(): Raster {
    this.#finish(this.#raster.height);
    return this.#raster;
  }

  /** Rounds and keeps the rows above `row`, and makes room for as many below. */
  #finish(row: number): void {
    if (row === this.#top) return;
    const line = this.#raster.width * 3;
    const length = (row - this.#top) * line;
    // Storing into this kind of array rounds and clamps.
    new Uint8ClampedArray(this.#raster.data.buffer).set(this.#sums.subarray(0, length), this.#top * line);
    this.#sums.copyWithin(0, length);
    this.#sums.fill(0, this.#sums.length - length);
    this.#top = row;
  }
}
