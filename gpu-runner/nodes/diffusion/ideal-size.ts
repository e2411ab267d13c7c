import { LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { DRAWN_SIDE_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { float, integer, unet } from '../fields.ts';

export const idealSizeNode = defineNode({
  type: 'ideal_size',
  version: '1.0.0',
  title: 'Ideal Size',
  category: 'latents',
  description:
    'The size at which a model draws a picture of these proportions best: as many pixels as it was trained with. ' +
    'Larger pictures tend to repeat their subject; draw them at this size, and enlarge them.',
  deterministic: true,
  inputs: {
    width: integer({
      default: 1024,
      minimum: 1,
      maximum: DRAWN_SIDE_MAX,
      description: 'Width of the picture in the end.',
    }),
    height: integer({
      default: 576,
      minimum: 1,
      maximum: DRAWN_SIDE_MAX,
      description: 'Height of the picture in the end.',
    }),
    unet: unet({ title: 'UNet', description: 'The denoising network.' }),
    multiplier: float({
      default: 1,
      exclusive_minimum: 0,
      maximum: 8,
      description: 'Times the sides that the model was trained with.',
    }),
  },
  output_type: 'ideal_size_output',
  outputs: {
    width: integer({ description: 'Width to draw at, in pixels.' }),
    height: integer({ description: 'Height to draw at, in pixels.' }),
  },
  invoke: async ({ width, height, unet, multiplier }, context) => {
    const model = await context.models.diffusion(unet);
    return idealSize(width / height, model.trainedSide * multiplier);
  },
});

/** As InvokeAI: the area of a square of `side`, neither side below half of it, in whole latent pixels. */
function idealSize(aspect: number, side: number): { width: number; height: number } {
  const shorter = Math.max(Math.floor(side / 2), Math.sqrt(side ** 2 / Math.max(aspect, 1 / aspect)));
  const [width, height] = aspect > 1 ? [shorter * aspect, shorter] : [shorter, shorter / aspect];
  const whole = (length: number) => {
    const trimmed = Math.floor(length / LATENT_SCALE_FACTOR) * LATENT_SCALE_FACTOR;
    return Math.min(Math.max(trimmed, LATENT_SCALE_FACTOR), DRAWN_SIDE_MAX);
  };
  return { width: whole(width), height: whole(height) };
}
