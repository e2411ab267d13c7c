import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { resampleMode, side } from './image-fields.ts';
import { resample } from './resample.ts';

export const imageResizeNode = defineNode({
  type: 'img_resize',
  version: '1.0.0',
  title: 'Resize Image',
  category: 'image',
  description: 'Resizes an image to a given width and height, whatever its proportions were.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to resize.' }),
    width: side('The new width'),
    height: side('The new height'),
    resample_mode: resampleMode(),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, width, height, resample_mode }, context) => {
    const source = await readRaster(context, image);
    return writeRaster(context, await resample(source, width, height, resample_mode, () => context.checkpoint()));
  },
});
