import { defineNode } from '../define-node.ts';
import { choice, image, integer } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { flatten } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { encodeLossy } from './image-codec.ts';

/** Pixels of one side: WebP has 14 bits for it. */
const WEBP_SIDE_MAX = 16_383;

export const imageConvertFormatNode = defineNode({
  type: 'img_convert_format',
  version: '1.0.0',
  title: 'Convert Image Format',
  category: 'image',
  description:
    'Stores an image in another format. JPEG and WebP are smaller and lose some detail; JPEG has no alpha, so that ' +
    'transparent parts are laid over white.',
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
    if (format === 'webp' && Math.max(source.width, source.height) > WEBP_SIDE_MAX)
      throw new RangeError(
        `the image is ${source.width} × ${source.height}, and WebP has at most ${WEBP_SIDE_MAX} a side: make it smaller, or take another format`,
      );
    const bytes = await encodeLossy(format === 'jpeg' ? flatten(source) : source, format, quality);
    const image_name = await context.assets.write(bytes, `image/${format}`);
    return { image: { image_name }, width: source.width, height: source.height };
  },
});
