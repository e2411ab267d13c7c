import { defineNode } from '../define-node.ts';
import { boolean, denoiseMask, image, vae } from '../fields.ts';
import { decodeImage } from '../image/image-codec.ts';
import { luma } from '../image/raster.ts';

export const createDenoiseMaskNode = defineNode({
  type: 'create_denoise_mask',
  version: '1.0.0',
  title: 'Create Denoise Mask',
  category: 'latents',
  description:
    'Makes a mask for denoising from an image: what is black is denoised anew, what is white (or transparent) stays as ' +
    'it is, and gray mixes both. It is brought to the size of the latents.',
  deterministic: true,
  inputs: {
    vae: vae({
      title: 'VAE',
      required: false,
      description: 'Only networks made for inpainting would need it, and those are not supported; it may be left out.',
    }),
    image: image({ required: false, description: 'As for the VAE: it may be left out.' }),
    mask: image({ description: 'Black where to denoise, white where to keep.' }),
    tiled: boolean({ default: false, description: 'As for the VAE: it changes nothing.' }),
    fp32: boolean({ default: false, title: 'FP32', description: 'As for the VAE: it changes nothing.' }),
  },
  output_type: 'denoise_mask_output',
  outputs: { denoise_mask: denoiseMask({ description: 'The mask.' }) },
  invoke: async ({ mask }, context) => {
    const { width, height, rgb } = await decodeImage(await context.assets.read(mask.image_name));
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i++) data[i] = luma(rgb[i * 3] ?? 0, rgb[i * 3 + 1] ?? 0, rgb[i * 3 + 2] ?? 0);
    return { denoise_mask: { shape: [1, 1, height, width] as const, data } };
  },
});
