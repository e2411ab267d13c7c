import { fromPixels } from '../../diffusion/pixels.ts';
import { defineNode } from '../define-node.ts';
import { image, integer, latents, vae } from '../fields.ts';
import { decodeImage } from '../image/image-codec.ts';

export const imageToLatentsNode = defineNode({
  type: 'i2l',
  version: '1.0.0',
  title: 'Image to Latents',
  category: 'latents',
  description: 'Encodes an image into latents. Its sides are brought down to what the model can represent.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    vae: vae({ title: 'VAE', description: 'The image encoder and decoder.' }),
  },
  output_type: 'latents_output',
  outputs: {
    latents: latents({ description: 'The latents.' }),
    width: integer({ description: 'Width of the encoded image, in pixels.' }),
    height: integer({ description: 'Height of the encoded image, in pixels.' }),
  },
  invoke: async ({ image, vae }, context) => {
    const model = await context.models.diffusion(vae);
    const bytes = await context.assets.read(image.image_name);
    const pixels = await decodeImage(bytes, { multipleOf: model.downFactor });
    await context.checkpoint();
    return { latents: await model.encode(fromPixels(pixels)), width: pixels.width, height: pixels.height };
  },
});
