import { LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { defineNode } from '../define-node.ts';
import { latents } from '../fields.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';

export const latentsNode = defineNode({
  type: 'latents',
  version: '1.0.0',
  title: 'Latents Primitive',
  category: 'primitives',
  description: 'Passes latents on, and says how large an image they stand for.',
  deterministic: true,
  inputs: { latents: latents({ description: 'The latents.' }) },
  ...LATENTS_OUTPUT,
  invoke: ({ latents: given }) => {
    const [, , height, width] = given.shape;
    return { latents: given, width: width * LATENT_SCALE_FACTOR, height: height * LATENT_SCALE_FACTOR };
  },
});
