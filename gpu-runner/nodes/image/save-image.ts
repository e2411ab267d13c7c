import { defineNode } from '../define-node.ts';
import { image } from '../fields.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { imageSize } from './image-codec.ts';

/**
 * InvokeAI copies the image to where its gallery shows it. Here assets are immutable and named by content, so a copy
 * would be the same asset: what makes it an output of the session is this node, which is not intermediate.
 */
export const saveImageNode = defineNode({
  type: 'save_image',
  version: '1.0.0',
  title: 'Save Image',
  category: 'image',
  description: 'Makes an image an output of the session.',
  deterministic: true,
  inputs: { image: image({ description: 'The image.' }) },
  ...IMAGE_OUTPUT,
  invoke: async ({ image }, context) => {
    const { width, height } = await imageSize(await context.assets.read(image.image_name));
    return { image: { image_name: image.image_name }, width, height };
  },
});
