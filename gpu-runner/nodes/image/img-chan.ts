import { defineNode } from '../define-node.ts';
import { choice, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { channel } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { toMode } from './raster.ts';

const INDEX = { R: 0, G: 1, B: 2, A: 3 } as const;

export const imageChannelNode = defineNode({
  type: 'img_chan',
  version: '1.0.0',
  title: 'Extract Image Channel',
  category: 'image',
  description: 'One channel of an image, as a gray image. An image without alpha is opaque: white.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    channel: choice(['A', 'R', 'G', 'B'], { default: 'A', description: 'Alpha, red, green or blue.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, channel: name }, context) =>
    writeRaster(context, channel(toMode(await readRaster(context, image), 'RGBA'), INDEX[name])),
});
