/** Inputs that several image nodes share. */
import { choice, integer } from '../fields.ts';
import { BLEND_MODES } from './blend-modes.ts';
import { SIDE_MAX } from './raster.ts';
import { RESAMPLE_MODES } from './resample.ts';

/** May lie outside of the image; bounded so that sums of positions and sizes stay exact. */
export const position = (description: string) =>
  integer({ default: 0, minimum: -1_000_000, maximum: 1_000_000, description });

export const side = (description: string) =>
  integer({ default: 512, minimum: 1, maximum: SIDE_MAX, description: `${description}, in pixels.` });

export const byte = <const Default extends number>(defaultValue: Default, description: string) =>
  integer({ default: defaultValue, minimum: 0, maximum: 255, description, ui: { component: 'slider' } });

export const resampleMode = () =>
  choice(RESAMPLE_MODES, {
    default: 'bicubic',
    description: 'How pixels in between are found: "nearest" invents no new colours, "lanczos" is the sharpest.',
  });

export const blendMode = () =>
  choice(BLEND_MODES, { default: 'normal', description: 'How the colours of the two mix.' });
