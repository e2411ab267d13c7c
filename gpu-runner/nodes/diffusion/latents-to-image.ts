import { toPixels } from '../../diffusion/pixels.ts';
import { defineNode } from '../define-node.ts';
import { latents, vae } from '../fields.ts';
import { encodePng } from '../image/image-codec.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';

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
  ...IMAGE_OUTPUT,
  invoke: async ({ latents, vae }, context) => {
    const model = await context.models.diffusion(vae);
    await context.checkpoint();
    const pixels = toPixels(await model.decode(latents));
    const image_name = await context.assets.write(await encodePng(pixels), 'image/png');
    return { image: { image_name }, width: pixels.width, height: pixels.height };
  },
});
