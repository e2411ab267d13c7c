import { defineNode } from '../define-node.ts';
import { boolean, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { mapColours, tableOf } from './channels.ts';
import { readMask, writeRaster } from './image-assets.ts';
import { byte } from './image-fields.ts';

export const imageMaskThresholdNode = defineNode({
  type: 'img_mask_threshold',
  version: '1.0.0',
  title: 'Mask from Brightness',
  category: 'image',
  description: 'A mask that is white where an image is at least as bright as a threshold, and black elsewhere.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image; colours count by their luma, alpha does not count.' }),
    threshold: byte(128, 'The least brightness that is selected.'),
    invert: boolean({ default: false, description: 'Select what is darker instead.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, threshold, invert }, context) => {
    const table = tableOf((value) => (value >= threshold !== invert ? 255 : 0));
    return writeRaster(context, mapColours(await readMask(context, image), table));
  },
});
