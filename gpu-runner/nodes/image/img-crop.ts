import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { region } from './canvas.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { position, side } from './image-fields.ts';

export const imageCropNode = defineNode({
  type: 'img_crop',
  version: '1.0.0',
  title: 'Crop Image',
  category: 'image',
  description: 'Cuts a rectangle out of an image. It may reach beyond the border; what is there is transparent.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to crop.' }),
    x: position('Left side of the rectangle, in pixels from the left.'),
    y: position('Upper side of the rectangle, in pixels from the top.'),
    width: side('Width of the rectangle'),
    height: side('Height of the rectangle'),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, x, y, width, height }, context) =>
    writeRaster(context, region(await readRaster(context, image), x, y, width, height)),
});
