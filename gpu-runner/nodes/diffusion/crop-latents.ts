import { crop } from '../../diffusion/crop.ts';
import { LATENT_SCALE_FACTOR } from '../../diffusion/latents.ts';
import { defineNode } from '../define-node.ts';
import { integer, latents } from '../fields.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';
import { LATENT_SIDE_MAX } from './resample-fields.ts';

const pixels = (minimum: number, description: string) =>
  integer({
    minimum,
    maximum: LATENT_SIDE_MAX * LATENT_SCALE_FACTOR,
    multiple_of: LATENT_SCALE_FACTOR,
    description,
  });

export const cropLatentsNode = defineNode({
  type: 'crop_latents',
  version: '1.0.0',
  title: 'Crop Latents',
  category: 'latents',
  description: 'Cuts a rectangle out of latents, given in pixels of the image. What lies outside of them is left out.',
  deterministic: true,
  inputs: {
    latents: latents({ description: 'The latents.' }),
    x: pixels(0, 'Left edge of the rectangle.'),
    y: pixels(0, 'Top edge of the rectangle.'),
    width: pixels(LATENT_SCALE_FACTOR, 'Width of the rectangle.'),
    height: pixels(LATENT_SCALE_FACTOR, 'Height of the rectangle.'),
  },
  ...LATENTS_OUTPUT,
  invoke: ({ latents, ...rectangle }) => {
    const [x, y, width, height] = [rectangle.x, rectangle.y, rectangle.width, rectangle.height].map(
      (side) => side / LATENT_SCALE_FACTOR,
    ) as [number, number, number, number];
    const [, , rows, columns] = latents.shape;
    if (x >= columns || y >= rows) {
      throw new RangeError(
        `the rectangle begins at ${rectangle.x}, ${rectangle.y}, outside of an image of ` +
          `${columns * LATENT_SCALE_FACTOR}×${rows * LATENT_SCALE_FACTOR} pixels`,
      );
    }
    const cut = { ...latents, ...crop(latents, x, y, Math.min(width, columns - x), Math.min(height, rows - y)) };
    const [, , newHeight, newWidth] = cut.shape;
    return { latents: cut, width: newWidth * LATENT_SCALE_FACTOR, height: newHeight * LATENT_SCALE_FACTOR };
  },
});
