import { toPixels } from '../../diffusion/pixels.ts';
import { defineNode } from '../define-node.ts';
import { image, integer, latents, vae } from '../fields.ts';
import { encodePng } from '../image/image-codec.ts';

export const latentsToImageNode = defineNode({
  type: 'l2i',
  version: '1.0.0',
  title: 'Latents to Image',
  category: 'latents',
  description: 'Decodes latents into an image.',
  deterministic: true,
  inputs: {
    latents: latents({ description: 'The latents.' }),
    vae: vae({ title: 'VAE', description: 'The image encoder and decoder.' }),
  },
  output_type: 'image_output',
  outputs: {
    image: image({ description: 'The image.' }),
    width: integer({ description: 'Width of the image, in pixels.' }),
    height: integer({ description: 'Height of the image, in pixels.' }),
  },
  invoke: async ({ latents, vae }, context) => {
    const model = await context.models.diffusion(vae);
    await context.checkpoint();
    const pixels = toPixels(await model.decode(latents));
    const image_name = await context.assets.write(await encodePng(pixels), 'image/png');
    return { image: { image_name }, width: pixels.width, height: pixels.height };
  },
});
