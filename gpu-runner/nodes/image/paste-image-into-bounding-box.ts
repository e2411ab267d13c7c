import { defineNode } from '../define-node.ts';
import { boundingBox, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { BLENDS } from './blend-modes.ts';
import { rectangleOf } from './bounding-box.ts';
import { place, region } from './canvas.ts';
import { composite } from './composite.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { toMode } from './raster.ts';

export const pasteImageIntoBoundingBoxNode = defineNode({
  type: 'paste_image_into_bounding_box',
  version: '1.0.0',
  title: 'Paste Image into Bounding Box',
  category: 'image',
  description:
    'Lays an image over another, in a rectangle that is as large as the first and lies within the second. What is ' +
    'transparent shows the image below.',
  deterministic: true,
  inputs: {
    source_image: image({ description: 'The image to paste.' }),
    target_image: image({ description: 'The image below.' }),
    bounding_box: boundingBox({ description: 'Where the image comes to lie.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ source_image, target_image, bounding_box }, context) => {
    const source = await readRaster(context, source_image);
    const target = await readRaster(context, target_image);
    const { x, y, width, height } = rectangleOf(bounding_box);
    if (width !== source.width || height !== source.height) {
      throw new RangeError(
        `the image to paste is ${source.width} × ${source.height} and its bounding box ${width} × ${height}: resize it first`,
      );
    }
    if (x < 0 || y < 0 || x + width > target.width || y + height > target.height) {
      throw new RangeError(
        `the bounding box reaches beyond the image below, which is ${target.width} × ${target.height}`,
      );
    }
    // Gray stays gray only below gray; alpha comes from the image below alone.
    const mode = target.mode === 'L' && source.mode !== 'L' ? 'RGB' : target.mode;
    const result = toMode(target, mode);
    const below = region(result, x, y, width, height);
    const mixed = await composite(below, source, BLENDS.normal, 1, () => context.checkpoint());
    place(result, toMode(mixed, mode), x, y);
    return writeRaster(context, result);
  },
});
