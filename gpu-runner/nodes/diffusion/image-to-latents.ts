import { fromPixels } from '../../diffusion/pixels.ts';
import { inTiles } from '../../diffusion/tiles.ts';
import { defineNode } from '../define-node.ts';
import { image, vae } from '../fields.ts';
import { decodeImage } from '../image/image-codec.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';
import { tileOf, VAE_FIELDS } from './vae-fields.ts';

export const imageToLatentsNode = defineNode({
  type: 'i2l',
  version: '1.0.0',
  title: 'Image to Latents',
  category: 'latents',
  description:
    'Encodes an image into latents. Its sides are brought down to what the model can represent. The same image has ' +
    'the same latents, unless the encoder was exported with random numbers of its own, which the log then says.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    vae: vae({ title: 'VAE', description: 'The image encoder and decoder.' }),
    ...VAE_FIELDS,
  },
  ...LATENTS_OUTPUT,
  invoke: async ({ image, vae, ...options }, context) => {
    const model = await context.models.diffusion(vae);
    const bytes = await context.assets.read(image.image_name);
    const checkpoint = () => context.checkpoint();
    const pixels = await decodeImage(bytes, { multipleOf: model.downFactor, checkpoint });
    const tiling = { tile: tileOf(model, options), from: model.downFactor, to: 1 };
    if (await model.encodesAtRandom()) {
      context.log(
        'This VAE encoder draws random numbers: the same image gets slightly different latents each time. ' +
          'An export that gives latent_parameters instead of latent_sample would not.',
      );
    }
    const latents = await inTiles(fromPixels(pixels), tiling, async (part) => {
      await checkpoint();
      return model.encode(part);
    });
    return { latents, width: pixels.width, height: pixels.height };
  },
});
