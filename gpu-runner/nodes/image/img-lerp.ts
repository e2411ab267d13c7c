import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { mapColours, tableOf } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { byte } from './image-fields.ts';

export const imageLerpNode = defineNode({
  type: 'img_lerp',
  version: '1.0.0',
  title: 'Lerp Image',
  category: 'image',
  description:
    'Brings the whole range of colours into a smaller one: black becomes the minimum, white the maximum. A maximum ' +
    'below the minimum turns the image into its negative. Alpha stays as it is.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    min: byte(0, 'What black becomes.'),
    max: byte(255, 'What white becomes.'),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, min, max }, context) => {
    const table = tableOf((value) => min + ((max - min) * value) / 255);
    return writeRaster(context, mapColours(await readRaster(context, image), table));
  },
});
