import { defineNode } from '../define-node.ts';
import { boundingBox, image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { around, rectangleOf } from './bounding-box.ts';
import { region } from './canvas.ts';
import { readRaster, writeRaster } from './image-assets.ts';

export const cropImageToBoundingBoxNode = defineNode({
  type: 'crop_image_to_bounding_box',
  version: '1.0.0',
  title: 'Crop Image to Bounding Box',
  category: 'image',
  description:
    'Cuts a rectangle out of an image. It may reach beyond the border; what is there is transparent. Without one the ' +
    'image is cropped to what is not wholly transparent, or stays as it is when all of it is.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image to crop.' }),
    bounding_box: boundingBox({ required: false, description: 'The rectangle.' }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, bounding_box }, context) => {
    const source = await readRaster(context, image);
    const visible = () => (source.mode === 'RGBA' ? around(source, (pixel) => source.data[pixel * 4 + 3] !== 0) : null);
    const box = bounding_box === null ? visible() : rectangleOf(bounding_box);
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: source.width, height: source.height };
    return writeRaster(context, region(source, x, y, width, height));
  },
});
