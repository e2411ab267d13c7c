import { defineNode } from '../define-node.ts';
import { image, integer } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { changeColours } from './colour-channel.ts';
import { COLOUR_SPACES } from './colour-space.ts';
import { readRaster, writeRaster } from './image-assets.ts';

export const imageHueAdjustNode = defineNode({
  type: 'img_hue_adjust',
  version: '1.0.0',
  title: 'Adjust Image Hue',
  category: 'image',
  description: 'Turns every colour by an angle on the colour wheel; grays and alpha stay as they are.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    hue: integer({
      default: 0,
      minimum: -360,
      maximum: 360,
      description: 'Degrees: 120 turns red into green, 240 red into blue.',
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, hue }, context) => {
    const source = await readRaster(context, image);
    const turn = (value: number) => (value + ((hue + 360) / 360) * 255) % 255;
    return writeRaster(context, await changeColours(source, COLOUR_SPACES.HSV, 0, turn, context));
  },
});
