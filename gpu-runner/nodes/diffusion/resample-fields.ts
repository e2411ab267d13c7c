/** What the nodes that resize latents share. */
import { RESAMPLE_MODES } from '../../diffusion/resample.ts';
import { boolean, choice, latents } from '../fields.ts';

/** Longest side of latents, in latent pixels: that of the largest noise. */
export const LATENT_SIDE_MAX = 1024;

export const RESAMPLE_FIELDS = {
  latents: latents({ description: 'The latents.' }),
  mode: choice(RESAMPLE_MODES, { default: 'bilinear', description: 'How to fill in what lies between.' }),
  antialias: boolean({
    default: false,
    description: 'Whether to average over what a pixel covers when making it smaller; for bilinear and bicubic.',
  }),
};
