/** Latents of another size, with the modes and results of torch.nn.functional.interpolate (align_corners false). */
import type { Latents } from './latents.ts';

export const RESAMPLE_MODES = ['nearest', 'bilinear', 'bicubic', 'area', 'nearest-exact'] as const;
export type ResampleMode = (typeof RESAMPLE_MODES)[number];

export interface ResampleOptions {
  /** In latent pixels. */
  height: number;
  width: number;
  mode: ResampleMode;
  /** Averages over what a smaller pixel covers; for `bilinear` and `bicubic`, and of no effect in the others. */
  antialias: boolean;
  /** By how much the sides grew, where the size was rounded from it. */
  factor?: number;
}

/** Latents, or a mask. */
export interface Planes {
  readonly shape: Latents['shape'];
  readonly data: Float32Array | Uint8Array;
}

/** What one place of the result is made of. */
type Taps = { from: number; weights: number[] };

export function resample(
  { shape: [batch, channels, height, width], data }: Planes,
  { height: newHeight, width: newWidth, mode, antialias, factor }: ResampleOptions,
): Latents {
  const columns = tapsOf(width, newWidth, mode, antialias, factor);
  const rows = tapsOf(height, newHeight, mode, antialias, factor);
  const planes = batch * channels;
  const wide = new Float32Array(planes * height * newWidth);
  for (let line = 0; line < planes * height; line++) {
    for (let x = 0; x < newWidth; x++) {
      wide[line * newWidth + x] = weighted(columns[x] as Taps, (at) => data[line * width + clamp(at, width)] ?? 0);
    }
  }
  const result = new Float32Array(planes * newHeight * newWidth);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < newHeight; y++) {
      for (let x = 0; x < newWidth; x++) {
        const value = (at: number) => wide[(plane * height + clamp(at, height)) * newWidth + x] ?? 0;
        result[(plane * newHeight + y) * newWidth + x] = weighted(rows[y] as Taps, value);
      }
    }
  }
  return { shape: [batch, channels, newHeight, newWidth], data: result };
}

const clamp = (at: number, size: number): number => Math.min(Math.max(at, 0), size - 1);

function weighted({ from, weights }: Taps, value: (at: number) => number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += (weights[i] ?? 0) * value(from + i);
  return sum;
}

function tapsOf(size: number, newSize: number, mode: ResampleMode, antialias: boolean, factor?: number): Taps[] {
  const scale = factor === undefined ? size / newSize : 1 / factor;
  return Array.from({ length: newSize }, (_, i) => {
    if (mode === 'nearest') return { from: Math.floor(i * scale), weights: [1] };
    if (mode === 'nearest-exact') return { from: Math.floor((i + 0.5) * scale), weights: [1] };
    if (mode === 'area') return average(Math.floor((i * size) / newSize), Math.ceil(((i + 1) * size) / newSize));
    if (antialias) return spread(mode, (i + 0.5) * scale, scale, size);
    const centre = (i + 0.5) * scale - 0.5;
    return mode === 'bilinear' ? linear(Math.max(centre, 0)) : cubic(centre);
  });
}

function average(from: number, to: number): Taps {
  return { from, weights: new Array<number>(to - from).fill(1 / (to - from)) };
}

function linear(centre: number): Taps {
  const from = Math.floor(centre);
  return { from, weights: [1 - (centre - from), centre - from] };
}

function cubic(centre: number): Taps {
  const from = Math.floor(centre);
  return { from: from - 1, weights: [-1, 0, 1, 2].map((step) => cubicWeight(centre - from - step, -0.75)) };
}

/** As Pillow: the filter is as wide as what a pixel of the result covers. Its cubic has the sharper −0.5. */
function spread(mode: 'bilinear' | 'bicubic', centre: number, scale: number, size: number): Taps {
  const stretch = Math.max(scale, 1);
  const reach = (mode === 'bilinear' ? 1 : 2) * stretch;
  const from = Math.max(Math.trunc(centre - reach + 0.5), 0);
  const to = Math.min(Math.trunc(centre + reach + 0.5), size);
  const weights = Array.from({ length: Math.max(to - from, 1) }, (_, i) => {
    const distance = (from + i - centre + 0.5) / stretch;
    return mode === 'bilinear' ? Math.max(1 - Math.abs(distance), 0) : cubicWeight(distance, -0.5);
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  return { from, weights: weights.map((weight) => weight / sum) };
}

/** Keys, "Cubic convolution interpolation" (1981). */
function cubicWeight(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}
