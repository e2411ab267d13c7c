import { defineNode } from '../define-node.ts';
import { image, integer } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { region } from './canvas.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { SIDE_MAX } from './raster.ts';

const border = (name: string) =>
  integer({
    default: 0,
    minimum: -SIDE_MAX,
    maximum: SIDE_MAX,
    description: `Pixels to add at the ${name}; negative, to cut off.`,
  });

export const imagePadCropNode = defineNode({
  type: 'img_pad_crop',
  version: '1.0.0',
  title: 'Center Pad or Crop Image',
  category: 'image',
  description: 'Adds transparent pixels at the sides of an image, or cuts some off.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to pad or crop.' }),
    left: border('left'),
    right: border('right'),
    top: border('top'),
    bottom: border('bottom'),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, left, right, top, bottom }, context) => {
    const source = await readRaster(context, image);
    const [width, height] = [source.width + left + right, source.height + top + bottom];
    return writeRaster(context, region(source, -left, -top, width, height));
  },
});
