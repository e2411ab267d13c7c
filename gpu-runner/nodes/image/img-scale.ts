import { defineNode } from '../define-node.ts';
import { float, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { resampleMode } from './image-fields.ts';
import { SIDE_MAX } from './raster.ts';
import { resample } from './resample.ts';

export const imageScaleNode = defineNode({
  type: 'img_scale',
  version: '1.0.0',
  title: 'Scale Image',
  category: 'image',
  description: 'Resizes an image by a factor. Sides are rounded down to whole pixels, but never to none.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to scale.' }),
    scale_factor: float({
      default: 2,
      exclusive_minimum: 0,
      maximum: SIDE_MAX,
      description: 'What both sides are multiplied by.',
    }),
    resample_mode: resampleMode(),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, scale_factor, resample_mode }, context) => {
    const source = await readRaster(context, image);
    const scaled = (side: number) => Math.max(1, Math.floor(side * scale_factor));
    const [width, height] = [scaled(source.width), scaled(source.height)];
    return writeRaster(context, await resample(source, width, height, resample_mode, () => context.checkpoint()));
  },
});
