import { defineNode } from '../define-node.ts';
import { boolean, color, image, integer } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { channelsOf, newRaster, toMode } from './raster.ts';
import { inSlices } from './slices.ts';

export const maskFromIdNode = defineNode({
  type: 'mask_from_id',
  version: '1.0.0',
  title: 'Mask from Color',
  category: 'image',
  description:
    'A mask that is white where an image has about one colour, e.g. that of one thing in a segmented image. Alpha does ' +
    'not count.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    color: color({ description: 'The colour to select.' }),
    threshold: integer({
      default: 100,
      minimum: 1,
      maximum: 442,
      description:
        'How near a colour has to be: its distance in red, green and blue is below this. 1 takes the very colour, 442 all.',
    }),
    invert: boolean({ default: false, description: 'Select all other colours instead.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, color, threshold, invert }, context) => {
    const source = await readRaster(context, image);
    const colours = source.mode === 'L' ? toMode(source, 'RGB') : source;
    const step = channelsOf(colours);
    const mask = newRaster(source.width, source.height, 'L');
    const work = (from: number, to: number) => {
      for (let o = from, i = from * step; o < to; o++, i += step) {
        const r = (colours.data[i] as number) - color.r;
        const g = (colours.data[i + 1] as number) - color.g;
        const b = (colours.data[i + 2] as number) - color.b;
        mask.data[o] = r * r + g * g + b * b < threshold * threshold !== invert ? 255 : 0;
      }
    };
    await inSlices(mask.data.length, () => context.checkpoint(), work, 4);
    return writeRaster(context, mask);
  },
});
