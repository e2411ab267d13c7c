import { defineNode } from '../define-node.ts';
import { float, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { BLENDS } from './blend-modes.ts';
import { composite } from './composite.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { blendMode } from './image-fields.ts';
import { requireSameSize } from './raster.ts';

export const imageBlendNode = defineNode({
  type: 'img_blend',
  version: '1.0.0',
  title: 'Blend Images',
  category: 'image',
  description: 'Lays one image over another of the same size, by one of the blend modes of image editors.',
  deterministic: true,
  inputs: {
    layer_base: image({ description: 'The image below.' }),
    layer_upper: image({ description: 'The image above.' }),
    blend_mode: blendMode(),
    opacity: float({
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'How much of the image above is seen.',
      ui: { component: 'slider' },
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ layer_base, layer_upper, blend_mode, opacity }, context) => {
    const base = await readRaster(context, layer_base);
    const upper = await readRaster(context, layer_upper);
    requireSameSize(base, upper, 'the image below', 'the image above');
    return writeRaster(context, await composite(base, upper, BLENDS[blend_mode], opacity, () => context.checkpoint()));
  },
});
