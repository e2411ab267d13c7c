import { defineNode } from '../define-node.ts';
import { color, image, integer, listOf } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { place } from './canvas.ts';
import { flatten } from './channels.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { imageSize } from './image-codec.ts';
import { filled, toMode } from './raster.ts';

export const imageGridNode = defineNode({
  type: 'image_grid',
  version: '1.0.0',
  title: 'Image Grid',
  category: 'image',
  description:
    'Lays images out in rows, in the order given. Every cell is as large as the largest image; transparent parts are ' +
    'laid over white.',
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
  ...IMAGE_OUTPUT,
  invoke: async ({ images, columns, gap, background }, context) => {
    const sizes = [];
    for (const { image_name } of images) {
      await context.checkpoint();
      sizes.push(await imageSize(await context.assets.read(image_name)));
    }
    const perRow = Math.min(columns ?? Math.ceil(Math.sqrt(sizes.length)), sizes.length);
    const rows = Math.ceil(sizes.length / perRow);
    const cellWidth = Math.max(...sizes.map(({ width }) => width)) + gap;
    const cellHeight = Math.max(...sizes.map(({ height }) => height)) + gap;
    const mode = background.a === 255 ? 'RGB' : 'RGBA';
    const grid = filled(perRow * cellWidth + gap, rows * cellHeight + gap, mode, background);
    // One at a time: together they may be far more than fits into memory.
    for (const [i, image] of images.entries()) {
      const pixels = toMode(flatten(await readRaster(context, image)), mode);
      const left = gap + (i % perRow) * cellWidth + Math.floor((cellWidth - gap - pixels.width) / 2);
      const top = gap + Math.floor(i / perRow) * cellHeight + Math.floor((cellHeight - gap - pixels.height) / 2);
      place(grid, pixels, left, top);
    }
    return writeRaster(context, grid);
  },
});
