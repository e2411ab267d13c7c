/** The work of the text-to-image session as one would write it without a queue: a plain function in one process. */
import { fileURLToPath } from 'node:url';
import { denoise } from '../../gpu-runner/diffusion/denoise.ts';
import { LATENT_CHANNELS, LATENT_SCALE_FACTOR } from '../../gpu-runner/diffusion/latents.ts';
import { normalNoise } from '../../gpu-runner/diffusion/noise.ts';
import { toPixels } from '../../gpu-runner/diffusion/pixels.ts';
import { makeScheduler } from '../../gpu-runner/diffusion/schedulers.ts';
import { DiffusionModel } from '../../gpu-runner/models/diffusion-model.ts';
import { encodePng } from '../../gpu-runner/nodes/image/image-codec.ts';

const MODEL = fileURLToPath(new URL('../../models/tiny-diffusion', import.meta.url));
const SIDE = 128 / LATENT_SCALE_FACTOR;

export const loadModel = (): Promise<DiffusionModel> => DiffusionModel.load(MODEL);

/** As examples/text-to-image.json has it. */
export async function drawBare(model: DiffusionModel, seed: number, steps: number): Promise<Uint8Array> {
  const shape = [1, LATENT_CHANNELS, SIDE, SIDE] as const;
  const latents = await denoise({
    model,
    scheduler: makeScheduler('ddim', model.schedulerConfig, steps),
    positive: await model.encodePrompt('a big red star on striped blue'),
    negative: await model.encodePrompt(''),
    guidance: 3,
    noise: { shape, data: normalNoise(seed, LATENT_CHANNELS * SIDE * SIDE) },
    latents: null,
    start: 0,
    end: 1,
    beforeStep: async () => {},
    afterStep: async () => {},
  });
  return encodePng(toPixels(await model.decode(latents)));
}
