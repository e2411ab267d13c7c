import { defineNode } from '../define-node.ts';
import { boolean, boundingBox } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { rectangleOf } from './bounding-box.ts';
import { place } from './canvas.ts';
import { mapColours, NEGATIVE } from './channels.ts';
import { writeRaster } from './image-assets.ts';
import { side } from './image-fields.ts';
import { filled, newRaster } from './raster.ts';

const WHITE = { r: 255, g: 255, b: 255, a: 255 };

export const createMaskFromBoxNode = defineNode({
  type: 'create_mask_from_box',
  version: '1.0.0',
  title: 'Create Mask from Box',
  category: 'image',
  description: 'A mask that is white inside a rectangle and black outside. What lies beyond the mask is left out.',
  deterministic: true,
  inputs: {
    bounding_box: boundingBox({ description: 'The rectangle.' }),
    width: side('Width of the mask'),
    height: side('Height of the mask'),
    invert: boolean({ default: false, description: 'Black inside and white outside.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: ({ bounding_box, width, height, invert }, context) => {
    const mask = newRaster(width, height, 'L');
    const box = rectangleOf(bounding_box);
    const [x, y] = [Math.max(0, box.x), Math.max(0, box.y)];
    const [right, bottom] = [Math.min(width, box.x + box.width), Math.min(height, box.y + box.height)];
    if (x < right && y < bottom) place(mask, filled(right - x, bottom - y, 'L', WHITE), x, y);
    return writeRaster(context, invert ? mapColours(mask, NEGATIVE) : mask);
  },
});
