import { defineNode } from '../define-node.ts';
import { float, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { readRaster, writeRaster } from './image-assets.ts';
import { transform } from './image-codec.ts';
import { requireFits, toMode } from './raster.ts';

export const imageRotateNode = defineNode({
  type: 'img_rotate',
  version: '1.0.0',
  title: 'Rotate Image',
  category: 'image',
  description:
    'Turns an image clockwise. It grows so that nothing is cut off; unless the angle is a multiple of 90 degrees the ' +
    'corners are transparent.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to rotate.' }),
    angle: float({ default: 90, minimum: -360, maximum: 360, description: 'Degrees, clockwise.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, angle }, context) => {
    const source = await readRaster(context, image);
    const quarters = angle % 90 === 0;
    const [sine, cosine] = [Math.abs(Math.sin((angle * Math.PI) / 180)), Math.abs(Math.cos((angle * Math.PI) / 180))];
    // By quarters nothing is added, and the sine of 180 degrees is not quite 0.
    if (!quarters)
      requireFits(
        Math.ceil(source.width * cosine + source.height * sine),
        Math.ceil(source.width * sine + source.height * cosine),
      );
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const turned = await transform(quarters ? source : toMode(source, 'RGBA'), (pixels) =>
      pixels.rotate(angle, { background }),
    );
    return writeRaster(context, turned);
  },
});
