import { defineNode } from '../define-node.ts';
import { choice, color } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { writeRaster } from './image-assets.ts';
import { side } from './image-fields.ts';
import { filled } from './raster.ts';

export const blankImageNode = defineNode({
  type: 'blank_image',
  version: '1.0.0',
  title: 'Blank Image',
  category: 'image',
  description: 'An image of one colour.',
  deterministic: true,
  inputs: {
    width: side('The width'),
    height: side('The height'),
    mode: choice(['RGB', 'RGBA'], { default: 'RGB', description: 'RGB has no alpha; that of the colour is left out.' }),
    color: color({ default: { r: 0, g: 0, b: 0, a: 255 }, description: 'The colour.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: ({ width, height, mode, color }, context) => writeRaster(context, filled(width, height, mode, color)),
});
