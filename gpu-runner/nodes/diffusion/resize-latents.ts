import { LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { resample } from '../../diffusion/resample.ts';
import { defineNode } from '../define-node.ts';
import { integer } from '../fields.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';
import { LATENT_SIDE_MAX, RESAMPLE_FIELDS } from './resample-fields.ts';

const side = (description: string) =>
  integer({
    minimum: 64,
    maximum: LATENT_SIDE_MAX * LATENT_SCALE_FACTOR,
    multiple_of: LATENT_SCALE_FACTOR,
    description,
  });

export const resizeLatentsNode = defineNode({
  type: 'lresize',
  version: '1.0.0',
  title: 'Resize Latents',
  category: 'latents',
  description: 'Brings latents to the size of an image, given in pixels.',
  deterministic: true,
  inputs: {
    ...RESAMPLE_FIELDS,
    width: side('Width of the image, in pixels.'),
    height: side('Height of the image, in pixels.'),
  },
  ...LATENTS_OUTPUT,
  invoke: ({ latents, width, height, mode, antialias }) => ({
    latents: {
      ...latents,
      ...resample(latents, {
        width: width / LATENT_SCALE_FACTOR,
        height: height / LATENT_SCALE_FACTOR,
        mode,
        antialias,
      }),
    },
    width,
    height,
  }),
});
