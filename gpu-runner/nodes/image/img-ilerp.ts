import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { mapColours, tableOf } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { byte } from './image-fields.ts';

export const imageInverseLerpNode = defineNode({
  type: 'img_ilerp',
  version: '1.0.0',
  title: 'Inverse Lerp Image',
  category: 'image',
  description:
    'Stretches a range of colours to the whole one: the minimum becomes black, the maximum white, and what is beyond ' +
    'them too. A maximum below the minimum turns the image into its negative. Alpha stays as it is.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    min: byte(0, 'What becomes black.'),
    max: byte(255, 'What becomes white.'),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, min, max }, context) => {
    if (min === max) throw new RangeError(`min and max are both ${min}: a range needs two ends`);
    const table = tableOf((value) => (255 * (value - min)) / (max - min));
    return writeRaster(context, mapColours(await readRaster(context, image), table));
  },
});
