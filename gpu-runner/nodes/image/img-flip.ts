import { defineNode } from '../define-node.ts';
import { choice, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { transform } from './image-codec.ts';

export const imageFlipNode = defineNode({
  type: 'img_flip',
  version: '1.0.0',
  title: 'Flip Image',
  category: 'image',
  description: 'Mirrors an image.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to flip.' }),
    direction: choice(['horizontal', 'vertical'], {
      default: 'horizontal',
      description: '"horizontal" swaps left and right, "vertical" top and bottom.',
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, direction }, context) => {
    const source = await readRaster(context, image);
    const flipped = await transform(source, (pixels) => (direction === 'horizontal' ? pixels.flop() : pixels.flip()));
    return writeRaster(context, flipped);
  },
});
