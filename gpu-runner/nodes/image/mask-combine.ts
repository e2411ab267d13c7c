import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { product } from './channels.ts';
import { readMask, writeRaster } from './image-assets.ts';
import { requireSameSize } from './raster.ts';

export const maskCombineNode = defineNode({
  type: 'mask_combine',
  version: '1.0.0',
  title: 'Combine Masks',
  category: 'image',
  description: 'Multiplies two masks of the same size: white is left where both are white.',
  deterministic: true,
  inputs: {
    mask1: image({ description: 'The first mask.' }),
    mask2: image({ description: 'The second mask.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ mask1, mask2 }, context) => {
    const [one, two] = [await readMask(context, mask1), await readMask(context, mask2)];
    requireSameSize(one, two, 'mask1', 'mask2');
    return writeRaster(context, product(one, two));
  },
});
