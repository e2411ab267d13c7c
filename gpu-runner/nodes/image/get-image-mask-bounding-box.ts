import { defineNode } from '../define-node.ts';
import { color, image, integer } from '../fields.ts';
import { BOUNDING_BOX_OUTPUT } from '../outputs.ts';
import { around } from './bounding-box.ts';
import { readRaster } from './image-assets.ts';
import { SIDE_MAX, toMode } from './raster.ts';

export const getImageMaskBoundingBoxNode = defineNode({
  type: 'get_image_mask_bounding_box',
  version: '1.0.0',
  title: 'Get Image Mask Bounding Box',
  category: 'image',
  description: 'The smallest rectangle around all pixels of one colour, which is white for a mask.',
  deterministic: true,
  inputs: {
    mask: image({ description: 'The mask.' }),
    margin: integer({
      default: 0,
      minimum: 0,
      maximum: SIDE_MAX,
      description: 'Pixels to add on every side, up to the border of the mask.',
    }),
    mask_color: color({
      default: { r: 255, g: 255, b: 255, a: 255 },
      description: 'The colour, exactly, alpha included.',
    }),
  },
  ...BOUNDING_BOX_OUTPUT,
  invoke: async ({ mask, margin, mask_color: { r, g, b, a } }, context) => {
    const source = await readRaster(context, mask);
    const { data } = toMode(source, 'RGBA');
    const is = (pixel: number) => {
      const i = pixel * 4;
      return data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === a;
    };
    const box = around(source, is);
    if (box === null)
      throw new Error(`no pixel of the mask has the colour (${r}, ${g}, ${b}, ${a}): nothing to enclose`);
    return {
      bounding_box: {
        x_min: Math.max(0, box.x - margin),
        x_max: Math.min(source.width, box.x + box.width + margin),
        y_min: Math.max(0, box.y - margin),
        y_max: Math.min(source.height, box.y + box.height + margin),
      },
    };
  },
});
