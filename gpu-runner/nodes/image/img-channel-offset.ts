import { defineNode } from '../define-node.ts';
import { image, integer } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { changeChannel, colourChannel } from './colour-channel.ts';
import { readRaster, writeRaster } from './image-assets.ts';

export const imageChannelOffsetNode = defineNode({
  type: 'img_channel_offset',
  version: '1.0.0',
  title: 'Offset Image Channel',
  category: 'image',
  description: 'Adds to one channel of an image, e.g. to "Value (HSV)" to brighten it. The other channels stay.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    channel: colourChannel(),
    offset: integer({ default: 0, minimum: -255, maximum: 255, description: 'What is added; negative to subtract.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, channel, offset }, context) => {
    const source = await readRaster(context, image);
    return writeRaster(context, await changeChannel(source, channel, (value) => value + offset, context));
  },
});
