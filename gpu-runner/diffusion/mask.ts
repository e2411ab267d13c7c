/**
 * Denoising a part of an image (inpainting with a network that was not made for it): before each step the kept part is
 * put back, with the noise that it would have there, so that the model sees its surroundings at the right level; after
 * the last step it is put back as it was. As in InvokeAI, a mask is 1 where the image is kept.
 */
import type { DenoiseMask, Latents } from './latents.ts';
import { resample } from './resample.ts';
import type { Scheduler } from './scheduler.ts';

export interface KeptPart {
  /** A sample as it should be before step `index`; past the last step exactly the image where the mask is 1. */
  at(index: number, sample: Float32Array): Float32Array;
  /** The image itself over a prediction. */
  over(predicted: Float32Array): Float32Array;
}

interface Masked {
  scheduler: Scheduler;
  noise: Latents | null;
  latents: Latents | null;
  mask?: DenoiseMask | null;
}

/** Null without a mask. Throws when there is nothing to keep, or no noise to keep it with. */
export function keptPart({ scheduler, noise, latents, mask }: Masked): KeptPart | null {
  if (!mask) return null;
  if (!latents) throw new Error('a denoise mask keeps a part of the latents: connect latents, of an image for example');
  if (!noise) throw new Error('a denoise mask needs noise for the part that is kept: connect noise');
  const { shape, data: image } = latents;
  const [, , height, width] = shape;
  const weights = latentMask(mask, height, width);
  const over = (kept: Float32Array, sample: Float32Array): Float32Array =>
    sample.map((value, i) => mix(value, kept[i] ?? 0, weights[i % weights.length] ?? 0));
  return {
    at: (index, sample) =>
      over(index < scheduler.timesteps.length ? scheduler.addNoise(image, noise.data, index) : image, sample),
    over: (predicted) => over(image, predicted),
  };
}

/** Exact at both ends, which a weighted sum would not be. */
function mix(sample: number, kept: number, weight: number): number {
  if (weight === 1) return kept;
  return weight === 0 ? sample : sample + (kept - sample) * weight;
}

/** 0…1 for each latent pixel, by bilinear interpolation as in InvokeAI; float32 [height · width]. */
function latentMask(mask: DenoiseMask, height: number, width: number): Float32Array {
  return resample(mask, { height, width, mode: 'bilinear', antialias: false }).data.map((value) => value / 255);
}
