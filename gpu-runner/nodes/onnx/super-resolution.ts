/** A model that makes a larger image of an image, whatever its layout, range and element type. */
import { z } from 'zod';
import type { OnnxModel, TensorInfo } from '../../models/onnx-model.ts';
import type { Raster } from '../image/raster.ts';
import {
  checkSize,
  elementCount,
  isLong,
  type Numbers,
  numbersOf,
  stored,
  tensorOf,
  workspace,
} from '../tensor/element-type.ts';
import { LAYOUTS, type Layout, stepsOf } from '../tensor/image-layout.ts';
import { described, listed } from './tensor-info.ts';

/** What config.json may say, beside keys for others. */
const Config = z.object({
  layout: z.enum(LAYOUTS).optional(),
  /** What white is: 1 or 255. */
  range: z.union([z.literal(1), z.literal(255)]).optional(),
  scale: z.int().min(1).max(16).optional(),
  /** Its sides have to be multiples of this. */
  multiple_of: z.int().min(1).max(1024).optional(),
});

export interface Size {
  width: number;
  height: number;
}

/** What a model made of a tile: RGB, and the steps from pixel to pixel and from channel to channel. */
export interface UpscaledTile {
  data: Numbers;
  /** Of a row, in pixels; with what was added to the tile. */
  width: number;
  /** Pixels for one along each side. */
  scale: number;
  pixelStep: number;
  channelStep: number;
  /** What white is. */
  range: number;
}

export class SuperResolution {
  /** The only size of tile that it takes; null when it takes any. */
  readonly tile: Size | null;
  /** Pixels for one along each side, where config.json says it. */
  readonly scale: number | null;
  readonly #model: OnnxModel;
  readonly #input: TensorInfo;
  readonly #output: TensorInfo;
  readonly #layout: Layout;
  readonly #range: number;
  readonly #multipleOf: number;

  /** Throws when the model's input and output are not those of a super-resolution model. */
  constructor(model: OnnxModel) {
    const config = Config.safeParse(model.config);
    if (!config.success) throw new Error(`the model's config.json is wrong: ${z.prettifyError(config.error)}`);
    const [input, ...others] = model.inputMetadata;
    const [output] = model.outputMetadata;
    if (!input || !output || others.length > 0)
      throw new Error(`upscale needs a model with one input, an image; this one takes ${listed(model.inputMetadata)}`);
    if (!['float32', 'float16', 'uint8'].includes(input.type))
      throw new Error(`upscale gives float32, float16 or uint8, and the model takes ${described(input)}`);
    this.#model = model;
    this.#input = input;
    this.#output = output;
    this.#layout = config.data.layout ?? layoutOf(input);
    // Nearly all models have images from 0 to 1, but bytes are bytes.
    this.#range = config.data.range ?? (input.type === 'uint8' ? 255 : 1);
    this.#multipleOf = config.data.multiple_of ?? 1;
    this.scale = config.data.scale ?? null;
    const [height, width] = this.#layout === 'nchw' ? input.shape.slice(2) : input.shape.slice(1, 3);
    this.tile = isFixed(height) && isFixed(width) ? { width, height } : null;
  }

  /**
   * A part of an RGB raster, enlarged: more of it when the model needs a larger tile. Beyond the raster, its outermost
   * pixels go on.
   */
  async run(source: Raster, { x, y, width, height }: Size & { x: number; y: number }): Promise<UpscaledTile> {
    const fit = (side: number) => Math.ceil(side / this.#multipleOf) * this.#multipleOf;
    const size = this.tile ?? { width: fit(width), height: fit(height) };
    const shape = this.#layout === 'nchw' ? [1, 3, size.height, size.width] : [1, size.height, size.width, 3];
    checkSize(this.#input.type, shape);
    const data = workspace(this.#input.type, elementCount(shape)) as Numbers;
    const steps = stepsOf(this.#layout, 3, size.width * size.height);
    const factor = this.#range / 255;
    for (let row = 0, to = 0; row < size.height; row++) {
      const line = within(y + row, source.height) * source.width;
      for (let column = 0; column < size.width; column++, to += steps.pixel) {
        const from = (line + within(x + column, source.width)) * 3;
        for (let channel = 0; channel < 3; channel++)
          data[to + channel * steps.channel] = (source.data[from + channel] ?? 0) * factor;
      }
    }
    const feeds = { [this.#input.name]: { type: this.#input.type, dims: shape, data: stored(this.#input.type, data) } };
    const results = await this.#model.run(feeds, [this.#output.name]).catch((error: Error) => {
      const hint = this.tile ? '' : ' (a smaller tile_size needs less memory)';
      throw new Error(`the model failed on a tile of ${size.width} × ${size.height}${hint}: ${error.message}`, {
        cause: error,
      });
    });
    const result = results[this.#output.name];
    if (!result || isLong(result.data)) throw new Error(`the model gave no image in '${this.#output.name}'`);
    const scale = this.#scaleOf(result.dims, size);
    const outSteps = stepsOf(this.#layout, 3, size.width * size.height * scale * scale);
    return {
      scale,
      width: size.width * scale,
      data: numbersOf(tensorOf(result.type, result.dims, result.data)) as Numbers,
      pixelStep: outSteps.pixel,
      channelStep: outSteps.channel,
      range: result.type === 'uint8' ? 255 : this.#range,
    };
  }

  #scaleOf(dims: readonly number[], { width, height }: Size): number {
    const [channels, tall = 0, wide = 0] = this.#layout === 'nchw' ? dims.slice(1) : [dims[3], dims[1], dims[2]];
    const scale = wide / width;
    if (dims.length !== 4 || channels !== 3 || !Number.isInteger(scale) || scale < 1 || tall !== height * scale)
      throw new Error(
        `the model made [${dims.join(', ')}] of ${width} × ${height} pixels, which is no image that many times larger`,
      );
    if (this.scale !== null && scale !== this.scale)
      throw new Error(`the model enlarges by ${scale}, and its config.json says ${this.scale}`);
    return scale;
  }
}

const within = (at: number, side: number): number => Math.min(side - 1, Math.max(0, at));

function layoutOf(input: TensorInfo): Layout {
  const { shape } = input;
  if (shape.length === 4 && shape[1] === 3) return 'nchw';
  if (shape.length === 4 && shape[3] === 3) return 'nhwc';
  throw new Error(
    `upscale needs a model of RGB images, and this one takes ${described(input)}; if it is one, say "layout" in its config.json`,
  );
}

const isFixed = (size: number | string | undefined): size is number => typeof size === 'number' && size > 0;
