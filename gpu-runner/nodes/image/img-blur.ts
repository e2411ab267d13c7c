import { defineNode } from '../define-node.ts';
import { choice, float, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { boxBlur, gaussianBlur } from './box-blur.ts';
import { readRaster, writeRaster } from './image-assets.ts';

export const imageBlurNode = defineNode({
  type: 'img_blur',
  version: '1.0.0',
  title: 'Blur Image',
  category: 'image',
  description: 'Blurs an image.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to blur.' }),
    radius: float({
      default: 8,
      minimum: 0,
      maximum: 1000,
      description: 'Pixels: the standard deviation of "gaussian", half the side of "box".',
    }),
    blur_type: choice(['gaussian', 'box'], { default: 'gaussian', description: 'How neighbours are weighed.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, radius, blur_type }, context) => {
    const blur = blur_type === 'gaussian' ? gaussianBlur : boxBlur;
    return writeRaster(context, await blur(await readRaster(context, image), radius, () => context.checkpoint()));
  },
});
