/** From noise to latents: the steps of a scheduler, with guidance, in the whole image or in a part of it. */
import { alike, batched } from './conditioning.ts';
import { concatenate } from './floats.ts';
import { combine, rescale } from './guidance.ts';
import type { Conditioning, DenoiseMask, Latents } from './latents.ts';
import { type KeptPart, keptPart } from './mask.ts';
import { normalNoise } from './noise.ts';
import type { Scheduler, SchedulerStep } from './scheduler.ts';

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
  /** 1 follows the prompt alone; beyond, away from the negative prompt. As a list, one for each step of the schedule. */
  guidance: number | readonly number[];
  /** How much of the guided output's spread is brought back to that of the prompt's alone: 0 (when absent) to 1. */
  rescale?: number;
  noise: Latents | null;
  latents: Latents | null;
  /** Which part of `latents` to keep; needs both latents and noise. */
  mask?: DenoiseMask | null;
  /** Part of the schedule to run, as fractions of the training steps from the noisy end. */
  start: number;
  end: number;
  beforeStep(): Promise<void>;
  /** After step `done` of `total`; `predicted` makes the image as the model sees it then. */
  afterStep(done: number, total: number, predicted: () => Latents): Promise<void>;
}

/** The result carries the seed on, so that a run in two parts draws the noise that one run would. */
export async function denoise(options: DenoiseOptions): Promise<Latents> {
  const { scheduler } = options;
  const { shape, data } = initial(options);
  refuseBroken(options);
  const seed = options.noise?.seed ?? options.latents?.seed ?? 0;
  const guidance = guidancePerStep(options);
  const model = guided(options, shape[0]);
  const [first, last] = stepRange(options);
  const kept = keptPart(options);
  let sample = startingPoint(options, first);
  let previous: Float32Array | null = null;
  for (let index = first; index < last; index++) {
    await options.beforeStep();
    sample = kept ? kept.at(index, sample) : sample;
    const input = scheduler.scaleModelInput(sample, index);
    const output = await model({ shape, data: input }, scheduler.timesteps[index] ?? 0, guidance[index] ?? 1);
    const noise = () => normalNoise(seed, data.length, index + 1);
    const step: SchedulerStep = scheduler.step(output, index, sample, { previous, noise });
    [sample, previous] = [step.sample, step.predicted];
    await options.afterStep(index - first + 1, last - first, () => ({ shape, data: shown(step, kept) }));
  }
  if (kept && last > first) sample = kept.at(last, sample);
  if (!sample.every(Number.isFinite))
    throw new Error('denoising left the range of numbers (the model gave NaN or infinity)');
  return { shape, data: sample, seed };
}

/** What the model says of a sample, guided away from the negative prompt. The prompts are brought together once. */
function guided({ model, positive, negative, rescale: share = 0 }: DenoiseOptions, batch: number) {
  let both: Conditioning | undefined;
  let alone: Conditioning | undefined;
  return async (sample: Latents, timestep: number, guidance: number): Promise<Float32Array> => {
    if (guidance <= 1) {
      alone ??= batched([positive], batch);
      return model.predict(sample, timestep, alone);
    }
    both ??= batched(alike([negative, positive]), batch);
    const [, ...rest] = sample.shape;
    const twice = { shape: [batch * 2, ...rest] as const, data: concatenate([sample.data, sample.data]) };
    const outputs = await model.predict(twice, timestep, both);
    const result = combine(outputs, guidance);
    return share > 0 ? rescale(result, outputs.subarray(result.length), share, batch) : result;
  };
}

function guidancePerStep({ guidance, scheduler: { timesteps } }: DenoiseOptions): readonly number[] {
  if (typeof guidance === 'number') return new Array<number>(timesteps.length).fill(guidance);
  if (guidance.length === timesteps.length) return guidance;
  throw new Error(`guidance is given for ${guidance.length} steps, and the schedule has ${timesteps.length}`);
}

const shown = ({ predicted }: SchedulerStep, kept: KeptPart | null): Float32Array =>
  kept ? kept.over(predicted) : predicted;

/** Said before it costs a step, and of where it came from: afterwards it would look like the model's fault. */
function refuseBroken({ noise, latents, positive, negative }: DenoiseOptions): void {
  const given = { noise, latents, 'positive conditioning': positive, 'negative conditioning': negative };
  for (const [name, value] of Object.entries(given)) {
    if (value && !value.data.every(Number.isFinite))
      throw new Error(`NaN or infinity in the ${name} that came in: look at the node that made it`);
  }
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
