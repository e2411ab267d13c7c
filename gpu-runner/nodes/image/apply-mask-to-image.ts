import { defineNode } from '../define-node.ts';
import { boolean, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { mapColours, NEGATIVE, withAlpha } from './channels.ts';
import { readMask, readRaster, writeRaster } from './image-assets.ts';
import { requireSameSize } from './raster.ts';

export const applyMaskToImageNode = defineNode({
  type: 'apply_mask_to_image',
  version: '1.0.0',
  title: 'Apply Mask to Image',
  category: 'image',
  description:
    'Makes a mask the alpha channel of an image, in the place of the one that it may have: white stays, black becomes ' +
    'transparent.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    mask: image({ description: 'The mask, as large as the image.' }),
    invert_mask: boolean({ default: false, description: 'Black stays, white becomes transparent.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, mask, invert_mask }, context) => {
    const source = await readRaster(context, image);
    const alpha = await readMask(context, mask);
    requireSameSize(source, alpha, 'the image', 'its mask');
    return writeRaster(context, withAlpha(source, invert_mask ? mapColours(alpha, NEGATIVE) : alpha));
  },
});
