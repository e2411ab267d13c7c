import { defineNode } from '../define-node.ts';
import { boolean, float, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { changeChannel, colourChannel } from './colour-channel.ts';
import { readRaster, writeRaster } from './image-assets.ts';

export const imageChannelMultiplyNode = defineNode({
  type: 'img_channel_multiply',
  version: '1.0.0',
  title: 'Multiply Image Channel',
  category: 'image',
  description:
    'Scales one channel of an image, e.g. "Saturation (HSV)" for stronger or weaker colours. The other channels stay.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    channel: colourChannel(),
    scale: float({ default: 1, minimum: 0, maximum: 1_000, description: 'What the channel is multiplied by.' }),
    invert_channel: boolean({ default: false, description: 'Subtract the scaled channel from 255.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, channel, scale, invert_channel }, context) => {
    const source = await readRaster(context, image);
    const scaled = (value: number) => Math.min(255, value * scale);
    const change = invert_channel ? (value: number) => 255 - scaled(value) : scaled;
    return writeRaster(context, await changeChannel(source, channel, change, context));
  },
});
