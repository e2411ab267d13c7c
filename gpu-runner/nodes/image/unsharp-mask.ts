import { defineNode } from '../define-node.ts';
import { float, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { gaussianBlur } from './box-blur.ts';
import { channel, withAlpha } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { toByte, toMode } from './raster.ts';
import { inSlices } from './slices.ts';

export const unsharpMaskNode = defineNode({
  type: 'unsharp_mask',
  version: '1.0.0',
  title: 'Unsharp Mask',
  category: 'image',
  description: 'Sharpens an image: adds what a blur would take away. Alpha stays as it is.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to sharpen.' }),
    radius: float({
      default: 2,
      exclusive_minimum: 0,
      maximum: 1000,
      description: 'Standard deviation of the blur, in pixels: about the size of the details to bring out.',
    }),
    strength: float({ default: 50, minimum: 0, maximum: 10_000, description: 'How much is added, in percent.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, radius, strength }, context) => {
    const source = await readRaster(context, image);
    const colours = source.mode === 'RGBA' ? toMode(source, 'RGB') : source;
    const pause = () => context.checkpoint();
    const sharp = await gaussianBlur(colours, radius, pause);
    const sharpen = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const value = colours.data[i] as number;
        sharp.data[i] = toByte(value + ((value - (sharp.data[i] as number)) * strength) / 100);
      }
    };
    await inSlices(sharp.data.length, pause, sharpen);
    return writeRaster(context, source.mode === 'RGBA' ? withAlpha(sharp, channel(source, 3)) : sharp);
  },
});
