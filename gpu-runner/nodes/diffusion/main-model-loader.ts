import { defineNode } from '../define-node.ts';
import { clip, model, unet, vae } from '../fields.ts';

/** Loads nothing by itself: it names the parts, and the node that needs one loads it, on the device where it runs. */
export const mainModelLoaderNode = defineNode({
  type: 'main_model_loader',
  version: '1.0.0',
  title: 'Main Model',
  category: 'model',
  description: 'Names a diffusion model and hands out its parts.',
  deterministic: true,
  inputs: { model: model({ input: 'direct', description: 'The diffusion model.' }) },
  output_type: 'model_loader_output',
  outputs: {
    unet: unet({ title: 'UNet', description: 'The denoising network.' }),
    clip: clip({ title: 'CLIP', description: 'The tokenizer and the text encoder.' }),
    vae: vae({ title: 'VAE', description: 'The image encoder and decoder.' }),
  },
  invoke: ({ model }) => {
    const { key, hash } = model;
    const reference = hash === undefined ? { key } : { key, hash };
    return {
      unet: { ...reference, submodel_type: 'unet' },
      clip: { ...reference, submodel_type: 'text_encoder' },
      vae: { ...reference, submodel_type: 'vae' },
    };
  },
});
