/** Between the VAE's numbers and 8-bit pixels. */
import type { PreviewPixels } from './preview-pixels.ts';

/** RGB in −1…1, channel by channel: what a VAE reads and writes. */
export interface ImageTensor {
  /** [batch, 3, height, width]. */
  readonly shape: readonly [number, number, number, number];
  readonly data: Float32Array;
}

/** The first image of a batch. Out of range values are clamped; −1…1 becomes 0…255, rounded to nearest. */
export function toPixels({ shape, data }: ImageTensor): PreviewPixels {
  const [, , height, width] = shape;
  const plane = width * height;
  // Storing into this kind of array clamps, and rounds halves to even, as torch does.
  const rgb = new Uint8ClampedArray(plane * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < plane; i++) rgb[i * 3 + channel] = ((data[channel * plane + i] ?? 0) / 2 + 0.5) * 255;
  }
  return { width, height, rgb: new Uint8Array(rgb.buffer) };
}

/** 0…255 becomes −1…1. */
export function fromPixels({ width, height, rgb }: PreviewPixels): ImageTensor {
  const plane = width * height;
  const data = new Float32Array(plane * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < plane; i++) data[channel * plane + i] = (rgb[i * 3 + channel] ?? 0) / 127.5 - 1;
  }
  return { shape: [1, 3, height, width], data };
}
