import { defineNode } from '../define-node.ts';
import { choice, image, integer } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { flatten } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { encodeLossy } from './image-codec.ts';
import type { Raster } from './raster.ts';

/** Pixels of one side: WebP has 14 bits for it. */
const WEBP_SIDE_MAX = 16_383;

/**
 * Nothing interrupts an encoder. WebP's takes 2 seconds for a photo of as many pixels, and 7 seconds and 700 MB for noise
 * with alpha; but 15 for a photo of 6144 × 6144, and a minute and 2.3 GB for one of 8192 × 8192.
 */
const WEBP_PIXELS_MAX = 4096 * 4096;

export const imageConvertFormatNode = defineNode({
  type: 'img_convert_format',
  version: '1.0.0',
  title: 'Convert Image Format',
  category: 'image',
  description:
    'Stores an image in another format. JPEG and WebP are smaller and lose some detail; JPEG has no alpha, so that ' +
    'transparent parts are laid over white. WebP is for images of up to 4096 × 4096 pixels.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    format: choice(['png', 'jpeg', 'webp'], { default: 'webp', description: 'The format of the result.' }),
    quality: integer({
      default: 90,
      minimum: 1,
      maximum: 100,
      description: 'How much detail JPEG and WebP keep.',
      ui: { component: 'slider' },
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, format, quality }, context) => {
    const source = await readRaster(context, image);
    if (format === 'png') return writeRaster(context, source);
    if (format === 'webp') refuseForWebp(source);
    const bytes = await encodeLossy(format === 'jpeg' ? flatten(source) : source, format, quality);
    const image_name = await context.assets.write(bytes, `image/${format}`);
    return { image: { image_name }, width: source.width, height: source.height };
  },
});

function refuseForWebp({ width, height }: Raster): void {
  if (Math.max(width, height) <= WEBP_SIDE_MAX && width * height <= WEBP_PIXELS_MAX) return;
  throw new RangeError(
    `the image is ${width} × ${height}, and WebP has at most ${WEBP_SIDE_MAX} a side and ${WEBP_PIXELS_MAX} pixels here: make it smaller, or take another format`,
  );
}
