/**
 * Resizing with a separable filter, as Pillow does it: the filter is as wide as the step in the source when it shrinks
 * an image, weights are 22-bit fixed point, and the result is rounded after each direction. The six modes of InvokeAI
 * are these; libvips lacks two of them, places `nearest` elsewhere, and rounds by processor, while here a workflow
 * gives the same asset on every runner.
 */
import { IMAGE_PIXELS_MAX } from '../../../contract/limits.ts';
import { premultiply, unpremultiply } from './channels.ts';
import { channelsOf, newRaster, type Raster, requireFits } from './raster.ts';
import { type Checkpoint, inSlices } from './slices.ts';

export const RESAMPLE_MODES = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;
export type ResampleMode = (typeof RESAMPLE_MODES)[number];

interface Filter {
  /** Half of its width, in pixels of the larger scale. */
  support: number;
  at(x: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const FILTERS: Record<Exclude<ResampleMode, 'nearest'>, Filter> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, at: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0) },
  // Keys' cubic with a = −0.5.
  bicubic: {
    support: 2,
    at: (value) => {
      const x = Math.abs(value);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

const PRECISION = 22;

interface Weights {
  /** Of each target pixel: the first source pixel and how many there are. */
  first: Int32Array;
  count: Int32Array;
  /** `size` for each target pixel. */
  values: Int32Array;
  size: number;
}

function weightsOf(filter: Filter, from: number, to: number): Weights {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const size = Math.ceil(support) * 2 + 1;
  const weights = { first: new Int32Array(to), count: new Int32Array(to), values: new Int32Array(to * size), size };
  const raw = new Float64Array(size);
  for (let target = 0; target < to; target++) {
    const center = (target + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      raw[i] = filter.at((i + first - center + 0.5) / stretch);
      sum += raw[i] as number;
    }
    for (let i = 0; i < count; i++) {
      const weight = ((raw[i] as number) / sum) * (1 << PRECISION);
      weights.values[target * size + i] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    weights.first[target] = first;
    weights.count[target] = count;
  }
  return weights;
}

/** Along the rows, or along the columns. */
type Axis = 'x' | 'y';

/** `source` with one side brought to `to`, without regard to alpha. */
async function resampleAxis(
  source: Raster,
  axis: Axis,
  to: number,
  filter: Filter,
  checkpoint: Checkpoint,
): Promise<Raster> {
  const across = axis === 'x';
  const from = across ? source.width : source.height;
  if (from === to) return source;
  const { first, count, values, size } = weightsOf(filter, from, to);
  const result = across ? newRaster(to, source.height, source.mode) : newRaster(source.width, to, source.mode);
  const channels = channelsOf(source);
  const step = across ? channels : source.width * channels;
  const sample = (sourceLine: number, targetLine: number, pixel: number) => {
    let sum = 1 << (PRECISION - 1);
    let at = sourceLine + (first[pixel] as number) * step;
    const base = pixel * size;
    const end = base + (count[pixel] as number);
    for (let i = base; i < end; i++, at += step) sum += (source.data[at] as number) * (values[i] as number);
    const value = sum >> PRECISION;
    result.data[targetLine + pixel * step] = value < 0 ? 0 : value > 255 ? 255 : value;
  };
  const rows = (begin: number, end: number) => {
    for (let row = begin; row < end; row++) {
      const [sourceRow, targetRow] = [row * from * channels, row * to * channels];
      for (let c = 0; c < channels; c++) {
        for (let pixel = 0; pixel < to; pixel++) sample(sourceRow + c, targetRow + c, pixel);
      }
    }
  };
  // Row by row in this direction too: neighbours in memory are read together.
  const columns = (begin: number, end: number) => {
    for (let pixel = begin; pixel < end; pixel++) {
      for (let column = 0; column < step; column++) sample(column, column, pixel);
    }
  };
  if (across) await inSlices(source.height, checkpoint, rows, to * size * channels);
  else await inSlices(to, checkpoint, columns, step * size);
  return result;
}

function nearest(source: Raster, width: number, height: number): Raster {
  const result = newRaster(width, height, source.mode);
  const step = channelsOf(source);
  const columns = Int32Array.from(
    { length: width },
    (_, x) => Math.floor(((2 * x + 1) * source.width) / (2 * width)) * step,
  );
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((2 * y + 1) * source.height) / (2 * height)) * source.width * step;
    for (const column of columns) {
      for (let c = 0; c < step; c++) result.data[o++] = source.data[row + column + c] as number;
    }
  }
  return result;
}

/** `source` in another size; alpha weighs its colours. Throws RangeError when the result would be too large. */
export async function resample(
  source: Raster,
  width: number,
  height: number,
  mode: ResampleMode,
  checkpoint: Checkpoint,
): Promise<Raster> {
  requireFits(width, height);
  if (width === source.width && height === source.height) return source;
  if (mode === 'nearest') return nearest(source, width, height);

  const filter = FILTERS[mode];
  const weighted = source.mode === 'RGBA' ? { ...source, data: source.data.slice() } : source;
  if (weighted !== source) await premultiply(weighted, checkpoint);
  // Rows first, unless the image between the two passes would be too large; then that of the other order is not.
  const axes: Axis[] = width * source.height <= IMAGE_PIXELS_MAX ? ['x', 'y'] : ['y', 'x'];
  let result: Raster = weighted;
  for (const axis of axes) {
    result = await resampleAxis(result, axis, axis === 'x' ? width : height, filter, checkpoint);
  }
  if (weighted !== source) await unpremultiply(result, checkpoint);
  return result;
}
