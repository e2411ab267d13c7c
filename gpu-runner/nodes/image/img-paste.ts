import { defineNode } from '../define-node.ts';
import { boolean, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { place, placeWhereBlack, region } from './canvas.ts';
import { readMask, readRaster, writeRaster } from './image-assets.ts';
import { position } from './image-fields.ts';
import { jointMode, requireSameSize, toMode } from './raster.ts';

export const imagePasteNode = defineNode({
  type: 'img_paste',
  version: '1.0.0',
  title: 'Paste Image',
  category: 'image',
  description:
    'Puts an image over another, which grows to hold both unless the result is cropped. Its pixels replace those ' +
    'below, alpha included. With a mask they do so where the mask is black, and the base stays where it is white.',
  deterministic: true,
  inputs: {
    base_image: image({ description: 'The image below.' }),
    image: image({ description: 'The image to paste.' }),
    mask: image({
      required: false,
      description: 'As large as the image to paste: black where it is pasted, white where the base stays.',
    }),
    x: position('Where its left side comes to lie on the base image.'),
    y: position('Where its upper side comes to lie on the base image.'),
    crop: boolean({ default: false, description: 'Cut off what reaches beyond the base image.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ base_image, image, mask, x, y, crop }, context) => {
    const pasted = await readRaster(context, image);
    const base = await readRaster(context, base_image);
    const [left, top] = crop ? [0, 0] : [Math.min(0, x), Math.min(0, y)];
    const right = crop ? base.width : Math.max(base.width, x + pasted.width);
    const bottom = crop ? base.height : Math.max(base.height, y + pasted.height);
    const below = region(base, left, top, right - left, bottom - top);
    const mode = jointMode(below, pasted);
    const [canvas, upper] = [toMode(below, mode), toMode(pasted, mode)];
    if (mask === null) {
      place(canvas, upper, x - left, y - top);
      return writeRaster(context, canvas);
    }
    const keep = await readMask(context, mask);
    requireSameSize(pasted, keep, 'the image to paste', 'its mask');
    placeWhereBlack(canvas, upper, keep, x - left, y - top);
    return writeRaster(context, canvas);
  },
});
