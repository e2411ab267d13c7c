import type { Latents } from './latents.ts';

/** Longer side of what is decoded for a preview, in latent pixels: 128 image pixels with the usual factor of 8. */
const SIDE_MAX = 16;

/** The first latent image, brought down by averaging whole blocks, so that decoding it costs little at any size. */
export function previewLatents({ shape, data }: Latents): Latents {
  const [, channels, height, width] = shape;
  const block = Math.ceil(Math.max(height, width) / SIDE_MAX);
  const [small, narrow] = [Math.max(1, Math.floor(height / block)), Math.max(1, Math.floor(width / block))];
  const result = new Float32Array(channels * small * narrow);
  for (let i = 0; i < result.length; i++) {
    const left = (i % narrow) * block;
    const top = (Math.floor(i / narrow) % small) * block;
    const channel = Math.floor(i / (narrow * small));
    let sum = 0;
    for (let y = top; y < top + block; y++) {
      for (let x = left; x < left + block; x++) sum += data[(channel * height + y) * width + x] ?? 0;
    }
    result[i] = sum / block ** 2;
  }
  return { shape: [1, channels, small, narrow], data: result };
}
