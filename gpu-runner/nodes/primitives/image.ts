import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { imageSize } from '../image/image-codec.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';

export const imageNode = defineNode({
  type: 'image',
  version: '1.0.0',
  title: 'Image Primitive',
  category: 'primitives',
  description: 'An image, and its size.',
  deterministic: true,
  inputs: { image: image({ description: 'The image.' }) },
  ...IMAGE_OUTPUT,
  invoke: async ({ image: { image_name } }, context) => {
    const { width, height } = await imageSize(await context.assets.read(image_name));
    return { image: { image_name }, width, height };
  },
});
