import { defineNode } from '../define-node.ts';
import { choice, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { MODES, toMode } from './raster.ts';

/** InvokeAI also names modes that no PNG can hold (CMYK, HSV, …) and fails when it saves one. */
export const imageConvertNode = defineNode({
  type: 'img_conv',
  version: '1.0.0',
  title: 'Convert Image Mode',
  category: 'image',
  description:
    'Converts an image to gray (L), colour (RGB) or colour with alpha (RGBA). What was transparent shows the colours ' +
    'that alpha hid when it is taken away; gray is the luma of ITU-R 601.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to convert.' }),
    mode: choice(MODES, { default: 'L', description: 'The mode to convert to.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, mode }, context) => writeRaster(context, toMode(await readRaster(context, image), mode)),
});
