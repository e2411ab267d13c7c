import { joined } from '../../diffusion/conditioning.ts';
import { denoise } from '../../diffusion/denoise.ts';
import { makeScheduler, SCHEDULER_NAMES } from '../../diffusion/schedulers.ts';
import { defineNode } from '../define-node.ts';
import { choice, conditioning, denoiseMask, float, integer, latents, oneOrMany, unet } from '../fields.ts';
import { LATENTS_OUTPUT } from '../outputs.ts';

const STEPS_MAX = 1000;

export const denoiseLatentsNode = defineNode({
  type: 'denoise_latents',
  version: '1.0.0',
  title: 'Denoise Latents',
  category: 'latents',
  description:
    'Denoises latents towards what the prompt says. With latents and noise it starts from an image, from the part of ' +
    'the schedule that denoising start says; with a denoise mask too it denoises a part of that image. Schedulers that ' +
    'add noise on the way (euler_a, lcm) draw it from the seed of the noise, so they give the same result each time.',
  deterministic: true,
  inputs: {
    positive_conditioning: oneOrMany(conditioning({}), {
      description: 'What to show. Several prompts are put one after the other, as .and() does within one.',
    }),
    negative_conditioning: oneOrMany(conditioning({}), { description: 'What not to show; the same goes for several.' }),
    noise: latents({ required: false, description: 'The noise to start from, or to add to the latents.' }),
    steps: integer({ default: 10, minimum: 1, maximum: STEPS_MAX, description: 'Steps of the whole schedule.' }),
    cfg_scale: oneOrMany(float({ minimum: 1 }), {
      title: 'CFG Scale',
      default: 7.5,
      max_items: STEPS_MAX,
      description:
        'Guidance: how much to follow the prompt. 1 leaves the negative prompt out. A list has one for each step of ' +
        'the whole schedule.',
    }),
    denoising_start: float({ default: 0, minimum: 0, maximum: 1, description: 'Where in the schedule to start.' }),
    denoising_end: float({ default: 1, minimum: 0, maximum: 1, description: 'Where in the schedule to stop.' }),
    scheduler: choice(SCHEDULER_NAMES, {
      default: 'euler',
      description: 'How to step from noise to image. lcm is for models that were made for it.',
    }),
    unet: unet({ title: 'UNet', description: 'The denoising network.' }),
    cfg_rescale_multiplier: float({
      title: 'CFG Rescale Multiplier',
      default: 0,
      minimum: 0,
      exclusive_maximum: 1,
      description: 'How much of the contrast that guidance adds to take back; 0.7 suits models of zero terminal SNR.',
    }),
    latents: latents({ required: false, description: 'What to start from, when it is not noise alone.' }),
    denoise_mask: denoiseMask({
      required: false,
      description: 'Which parts of the latents to keep exactly as they are; needs latents and noise.',
    }),
  },
  ...LATENTS_OUTPUT,
  invoke: async (inputs, context) => {
    const model = await context.models.diffusion(inputs.unet);
    const result = await denoise({
      model,
      scheduler: makeScheduler(inputs.scheduler, model.schedulerConfig, inputs.steps),
      positive: joined([inputs.positive_conditioning].flat()),
      negative: joined([inputs.negative_conditioning].flat()),
      guidance: inputs.cfg_scale,
      rescale: inputs.cfg_rescale_multiplier,
      noise: inputs.noise,
      latents: inputs.latents,
      mask: inputs.denoise_mask,
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
