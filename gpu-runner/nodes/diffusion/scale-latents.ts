import { LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { resample } from '../../diffusion/resample.ts';
import { defineNode } from '../define-node.ts';
import { float } from '../fields.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';
import { LATENT_SIDE_MAX, RESAMPLE_FIELDS } from './resample-fields.ts';

export const scaleLatentsNode = defineNode({
  type: 'lscale',
  version: '1.0.0',
  title: 'Scale Latents',
  category: 'latents',
  description: 'Makes latents larger or smaller by a factor. Sides that it does not bring to whole pixels are cut.',
  deterministic: true,
  inputs: {
    ...RESAMPLE_FIELDS,
    scale_factor: float({
      exclusive_minimum: 0,
      maximum: LATENT_SIDE_MAX,
      description: 'By how much: 2 is twice as wide and high.',
    }),
  },
  ...LATENTS_OUTPUT,
  invoke: ({ latents, scale_factor: factor, mode, antialias }) => {
    const [, , height, width] = latents.shape;
    const [newHeight, newWidth] = [Math.floor(height * factor), Math.floor(width * factor)];
    if (Math.min(newHeight, newWidth) < 1 || Math.max(newHeight, newWidth) > LATENT_SIDE_MAX) {
      throw new RangeError(
        `latents of ${width}×${height} times ${factor} are ${newWidth}×${newHeight}; sides are 1 to ${LATENT_SIDE_MAX}`,
      );
    }
    const scaled = resample(latents, { width: newWidth, height: newHeight, mode, antialias, factor });
    return {
      latents: { ...latents, ...scaled },
      width: newWidth * LATENT_SCALE_FACTOR,
      height: newHeight * LATENT_SCALE_FACTOR,
    };
  },
});
