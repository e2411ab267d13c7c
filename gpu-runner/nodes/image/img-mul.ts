import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { product } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { requireSameSize } from './raster.ts';

export const imageMultiplyNode = defineNode({
  type: 'img_mul',
  version: '1.0.0',
  title: 'Multiply Images',
  category: 'image',
  description: 'Multiplies two images of the same size, channel by channel, alpha included, with white as one.',
  deterministic: true,
  inputs: {
    image1: image({ description: 'The first image.' }),
    image2: image({ description: 'The second image.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image1, image2 }, context) => {
    const [one, two] = [await readRaster(context, image1), await readRaster(context, image2)];
    requireSameSize(one, two, 'image1', 'image2');
    return writeRaster(context, product(one, two));
  },
});
