import { toPixels } from '../../diffusion/pixels.ts';
import { inTiles } from '../../diffusion/tiles.ts';
import { defineNode } from '../define-node.ts';
import { latents, vae } from '../fields.ts';
import { encodePng } from '../image/image-codec.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { tileOf, VAE_FIELDS } from './vae-fields.ts';

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
    ...VAE_FIELDS,
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ latents, vae, ...options }, context) => {
    const model = await context.models.diffusion(vae);
    const tiling = { tile: tileOf(model, options), from: 1, to: model.downFactor };
    const decoded = await inTiles(latents, tiling, async (part) => {
      await context.checkpoint();
      return model.decode(part);
    });
    const pixels = toPixels(decoded);
    const image_name = await context.assets.write(await encodePng(pixels), 'image/png');
    return { image: { image_name }, width: pixels.width, height: pixels.height };
  },
});
