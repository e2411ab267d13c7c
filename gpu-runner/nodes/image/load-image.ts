import { defineNode } from '../define-node.ts';
import { choice, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { flatten } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { toMode } from './raster.ts';

/** What the rest of a workflow need not care about any more: formats, orientation tags, profiles, 16 bits, metadata. */
export const loadImageNode = defineNode({
  type: 'load_image',
  version: '1.0.0',
  title: 'Load Image',
  category: 'image',
  description:
    'Reads a PNG, JPEG, WebP, GIF, AVIF or TIFF, of several pictures the first, and stores its pixels as a plain PNG: ' +
    'turned as it is meant to be shown, in sRGB with 8 bits a channel, without metadata.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to load.' }),
    mode: choice(['as_is', 'RGB', 'RGBA'], {
      default: 'as_is',
      description: 'The mode of the result. For RGB, transparent parts are laid over white.',
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, mode }, context) => {
    const source = await readRaster(context, image);
    if (mode === 'as_is') return writeRaster(context, source);
    return writeRaster(context, toMode(mode === 'RGB' ? flatten(source) : source, mode));
  },
});
