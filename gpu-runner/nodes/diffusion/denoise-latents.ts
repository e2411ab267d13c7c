import { denoise } from '../../diffusion/denoise.ts';
import { makeScheduler, SCHEDULER_NAMES } from '../../diffusion/schedulers.ts';
import { defineNode } from '../define-node.ts';
import { choice, conditioning, float, integer, latents, unet } from '../fields.ts';

export const denoiseLatentsNode = defineNode({
  type: 'denoise_latents',
  version: '1.0.0',
  title: 'Denoise Latents',
  category: 'latents',
  description: 'Denoises latents towards what the prompt says.',
  deterministic: true,
  inputs: {
    positive_conditioning: conditioning({ description: 'What to show.' }),
    negative_conditioning: conditioning({ description: 'What not to show.' }),
    noise: latents({ required: false, description: 'The noise to start from, or to add to the latents.' }),
    steps: integer({ default: 10, minimum: 1, maximum: 1000, description: 'Steps of the whole schedule.' }),
    cfg_scale: float({
      title: 'CFG Scale',
      default: 7.5,
      minimum: 1,
      description: 'Guidance: how much to follow the prompt. 1 leaves the negative prompt out.',
    }),
    denoising_start: float({ default: 0, minimum: 0, maximum: 1, description: 'Where in the schedule to start.' }),
    denoising_end: float({ default: 1, minimum: 0, maximum: 1, description: 'Where in the schedule to stop.' }),
    scheduler: choice(SCHEDULER_NAMES, { default: 'euler', description: 'How to step from noise to image.' }),
    unet: unet({ title: 'UNet', description: 'The denoising network.' }),
    latents: latents({ required: false, description: 'What to start from, when it is not noise alone.' }),
  },
  output_type: 'latents_output',
  outputs: {
    latents: latents({ description: 'The denoised latents.' }),
    width: integer({ description: 'Width of the image, in pixels.' }),
    height: integer({ description: 'Height of the image, in pixels.' }),
  },
  invoke: async (inputs, context) => {
    const model = await context.models.diffusion(inputs.unet);
    const result = await denoise({
      model,
      scheduler: makeScheduler(inputs.scheduler, model.schedulerConfig, inputs.steps),
      positive: inputs.positive_conditioning,
      negative: inputs.negative_conditioning,
      guidance: inputs.cfg_scale,
      noise: inputs.noise,
      latents: inputs.latents,
      start: inputs.denoising_start,
      end: inputs.denoising_end,
      beforeStep: () => context.checkpoint(),
      afterStep: (step, steps, predicted) =>
        context.progress({
          message: 'Denoising',
          percentage: step / steps,
          preview: () => model.preview(predicted()),
        }),
    });
    const [, , height, width] = result.shape;
    return { latents: result, width: width * model.downFactor, height: height * model.downFactor };
  },
});
