import { LATENT_CHANNELS, LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { normalNoiseInStretches } from '../../diffusion/noise.ts';
import { DRAWN_SIDE_MAX } from '../bounds.ts';
import { defineNode } from '../define-node.ts';
import { boolean, integer, latents } from '../fields.ts';
import { SEED } from '../math/operands.ts';

const side = (description: string) =>
  integer({
    default: 512,
    minimum: LATENT_SCALE_FACTOR,
    maximum: DRAWN_SIDE_MAX,
    multiple_of: LATENT_SCALE_FACTOR,
    description,
  });

export const noiseNode = defineNode({
  type: 'noise',
  version: '1.0.0',
  title: 'Noise',
  category: 'latents',
  description: 'Makes latent noise. The same seed and size give the same noise on every machine.',
  deterministic: true,
  inputs: {
    seed: SEED,
    width: side('Width of the image, in pixels.'),
    height: side('Height of the image, in pixels.'),
    use_cpu: boolean({
      default: true,
      title: 'Use CPU',
      description: 'Changes nothing: noise is always computed on the processor, so that it is the same everywhere.',
    }),
  },
  output_type: 'noise_output',
  outputs: {
    noise: latents({ description: 'The noise.' }),
    width: integer({ description: 'Width of the image, in pixels.' }),
    height: integer({ description: 'Height of the image, in pixels.' }),
  },
  invoke: async ({ seed, width, height }, context) => {
    const shape = [1, LATENT_CHANNELS, height / LATENT_SCALE_FACTOR, width / LATENT_SCALE_FACTOR] as const;
    const data = await normalNoiseInStretches(seed, shape[1] * shape[2] * shape[3], () => context.checkpoint());
    return { noise: { shape, data, seed }, width, height };
  },
});
