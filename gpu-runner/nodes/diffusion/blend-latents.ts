import { LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { slerp } from '../../diffusion/slerp.ts';
import { defineNode } from '../define-node.ts';
import { float, latents } from '../fields.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';

export const blendLatentsNode = defineNode({
  type: 'lblend',
  version: '1.0.0',
  title: 'Blend Latents',
  category: 'latents',
  description: 'Mixes two latents of one size, along the arc between them, so that noise stays as strong as noise.',
  deterministic: true,
  inputs: {
    latents_a: latents({ title: 'Latents A', description: 'What to begin with.' }),
    latents_b: latents({ title: 'Latents B', description: 'What to go towards.' }),
    alpha: float({
      default: 0.5,
      minimum: -10,
      maximum: 10,
      description: 'How far: 0 is the first, 1 the second; beyond them the arc goes on.',
      ui: { component: 'slider', minimum: 0, maximum: 1 },
    }),
  },
  ...LATENTS_OUTPUT,
  invoke: ({ latents_a: a, latents_b: b, alpha }) => {
    if (String(a.shape) !== String(b.shape)) {
      throw new Error(`latents [${a.shape}] and [${b.shape}] differ in shape: bring them to one size`);
    }
    const [, , height, width] = a.shape;
    return {
      latents: { ...a, data: slerp(a.data, b.data, alpha) },
      width: width * LATENT_SCALE_FACTOR,
      height: height * LATENT_SCALE_FACTOR,
    };
  },
});
