import { defineNode } from '../define-node.ts';
import { boolean, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { channel, mapColours, NEGATIVE } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { toMode } from './raster.ts';

/** InvokeAI takes the last channel, which is blue where there is no alpha. */
export const maskFromAlphaNode = defineNode({
  type: 'tomask',
  version: '1.0.0',
  title: 'Mask from Alpha',
  category: 'image',
  description: 'The alpha channel of an image as a mask: white where it is opaque. An image without alpha is opaque.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    invert: boolean({ default: false, description: 'White where it is transparent instead.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, invert }, context) => {
    const alpha = channel(toMode(await readRaster(context, image), 'RGBA'), 3);
    return writeRaster(context, invert ? mapColours(alpha, NEGATIVE) : alpha);
  },
});
