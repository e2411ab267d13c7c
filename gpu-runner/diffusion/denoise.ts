/** From noise to latents: the steps of a scheduler, with guidance. */
import type { Conditioning, Latents } from './latents.ts';
import type { Scheduler } from './scheduler.ts';

/** The part of a model that this needs: one call of the U-Net. */
export interface Denoiser {
  /** `sample` and the result are [batch, channels, height, width]; one conditioning for each sample of the batch. */
  predict(sample: Latents, timestep: number, conditioning: Conditioning): Promise<Float32Array>;
}

export interface DenoiseOptions {
  model: Denoiser;
  scheduler: Scheduler;
  positive: Conditioning;
  negative: Conditioning;
  /** 1 follows the prompt alone; beyond, away from the negative prompt. */
  guidance: number;
  noise: Latents | null;
  latents: Latents | null;
  /** Part of the schedule to run, as fractions of the training steps from the noisy end. */
  start: number;
  end: number;
  beforeStep(): Promise<void>;
  /** After step `done` of `total`; `predicted` makes the image as the model sees it then. */
  afterStep(done: number, total: number, predicted: () => Latents): Promise<void>;
}

export async function denoise(options: DenoiseOptions): Promise<Latents> {
  const { model, scheduler, guidance } = options;
  const { shape } = initial(options);
  const guided = guidance > 1;
  const conditioning = batched(guided ? [options.negative, options.positive] : [options.positive], shape[0]);
  const [first, last] = stepRange(options);
  let sample = startingPoint(options, first);
  for (let index = first; index < last; index++) {
    await options.beforeStep();
    const input = scheduler.scaleModelInput(sample, index);
    const timestep = scheduler.timesteps[index] ?? 0;
    let output: Float32Array;
    if (guided) {
      const both = { shape: [shape[0] * 2, shape[1], shape[2], shape[3]] as const, data: concatenate([input, input]) };
      output = combine(await model.predict(both, timestep, conditioning), guidance);
    } else {
      output = await model.predict({ shape, data: input }, timestep, conditioning);
    }
    const step = scheduler.step(output, index, sample);
    sample = step.sample;
    await options.afterStep(index - first + 1, last - first, () => ({ shape, data: step.predicted }));
  }
  if (!sample.every(Number.isFinite))
    throw new Error('denoising left the range of numbers (the model gave NaN or infinity)');
  return { shape, data: sample };
}

/** What gives the size: the noise, the latents, or both alike. */
function initial({ noise, latents }: DenoiseOptions): Latents {
  const given = latents ?? noise;
  if (!given) throw new Error('there is nothing to denoise: connect noise, latents or both');
  if (noise && latents && String(noise.shape) !== String(latents.shape)) {
    throw new Error(`noise [${noise.shape}] and latents [${latents.shape}] differ in shape`);
  }
  return given;
}

/** Which steps fall between start and end; as InvokeAI counts them, so that 0…x and x…1 together are the whole. */
function stepRange({ scheduler, start, end }: DenoiseOptions): [first: number, last: number] {
  const { timesteps, trainTimesteps } = scheduler;
  const before = (fraction: number) => {
    const bound = Math.round(trainTimesteps * (1 - fraction));
    return timesteps.filter((timestep) => timestep >= bound).length;
  };
  return [before(start), Math.max(before(start), before(end))];
}

function startingPoint(options: DenoiseOptions, first: number): Float32Array {
  const { scheduler, noise, latents } = options;
  if (first >= scheduler.timesteps.length || !noise) return (latents ?? initial(options)).data;
  if (latents) return scheduler.addNoise(latents.data, noise.data, first);
  if (first === 0) return noise.data.map((value) => value * scheduler.initNoiseSigma);
  return scheduler.addNoise(new Float32Array(noise.data.length), noise.data, first);
}

/** The branches one after the other, each repeated for every latent image; [branches · batch, tokens, features]. */
function batched(branches: Conditioning[], batch: number): Conditioning {
  const [, tokens, features] = (branches[0] as Conditioning).shape;
  for (const { shape } of branches) {
    if (shape[0] !== 1 || shape[1] !== tokens || shape[2] !== features) {
      throw new Error(
        `positive and negative conditioning differ in shape: ${branches.map((b) => `[${b.shape}]`).join(', ')}`,
      );
    }
  }
  const data = concatenate(branches.flatMap((branch) => new Array<Float32Array>(batch).fill(branch.data)));
  return { shape: [branches.length * batch, tokens, features], data };
}

/** Ho & Salimans, "Classifier-free diffusion guidance" (2022): the first half of `outputs` is the negative branch. */
function combine(outputs: Float32Array, guidance: number): Float32Array {
  const size = outputs.length / 2;
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const negative = outputs[i] ?? 0;
    result[i] = negative + guidance * ((outputs[i + size] ?? 0) - negative);
  }
  return result;
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
