import { IMAGE_PIXELS_MAX } from '../../../contract/limits.ts';
import { defineNode } from '../define-node.ts';
import { color, image, integer, listOf } from '../fields.ts';
import { composePng, decodeImage } from './image-codec.ts';

export const imageGridNode = defineNode({
  type: 'image_grid',
  version: '1.0.0',
  title: 'Image Grid',
  category: 'image',
  description: 'Lays images out in rows, in the order given. Every cell is as large as the largest image.',
  deterministic: true,
  inputs: {
    images: listOf(image({}), { min_items: 1, max_items: 1024, description: 'The images.' }),
    columns: integer({
      required: false,
      minimum: 1,
      maximum: 1024,
      description: 'Images in a row; when absent, as many as make the grid about square.',
    }),
    gap: integer({ default: 8, minimum: 0, maximum: 1024, description: 'Pixels between images and around them.' }),
    background: color({ default: { r: 255, g: 255, b: 255, a: 255 }, description: 'What shows between images.' }),
  },
  output_type: 'image_output',
  outputs: {
    image: image({ description: 'The grid.' }),
    width: integer({ description: 'Width of the grid, in pixels.' }),
    height: integer({ description: 'Height of the grid, in pixels.' }),
  },
  invoke: async ({ images, columns, gap, background }, context) => {
    const parts = [];
    for (const { image_name } of images) {
      await context.checkpoint();
      parts.push(await decodeImage(await context.assets.read(image_name)));
    }
    const perRow = Math.min(columns ?? Math.ceil(Math.sqrt(parts.length)), parts.length);
    const rows = Math.ceil(parts.length / perRow);
    const cell = { width: Math.max(...parts.map((p) => p.width)), height: Math.max(...parts.map((p) => p.height)) };
    const width = perRow * (cell.width + gap) + gap;
    const height = rows * (cell.height + gap) + gap;
    if (width * height > IMAGE_PIXELS_MAX) {
      throw new RangeError(`the grid would be ${width} × ${height}, more than ${IMAGE_PIXELS_MAX} pixels`);
    }
    const placed = parts.map((pixels, i) => ({
      pixels,
      left: gap + (i % perRow) * (cell.width + gap) + Math.floor((cell.width - pixels.width) / 2),
      top: gap + Math.floor(i / perRow) * (cell.height + gap) + Math.floor((cell.height - pixels.height) / 2),
    }));
    const bytes = await composePng({ width, height, background, placed });
    return { image: { image_name: await context.assets.write(bytes, 'image/png') }, width, height };
  },
});
