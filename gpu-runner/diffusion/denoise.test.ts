import { describe, expect, it } from 'vitest';
import { type DenoiseOptions, type Denoiser, denoise } from './denoise.ts';
import type { Conditioning, Latents } from './latents.ts';
import { normalNoise } from './noise.ts';
import { makeScheduler } from './schedulers.ts';

const CONFIG = {
  prediction_type: 'v_prediction',
  rescale_betas_zero_snr: true,
  timestep_spacing: 'trailing',
  clip_sample: false,
};
const prompt = (value: number): Conditioning => ({ shape: [1, 1, 1], data: Float32Array.of(value) });
const latentsOf = (seed: number): Latents => ({ shape: [1, 1, 2, 2], data: normalNoise(seed, 4) });

/** Answers with a function of all that it was given, and remembers it. */
function probe() {
  const calls: { batch: number; timestep: number; conditioning: number[] }[] = [];
  const model: Denoiser = {
    async predict({ shape, data }, timestep, conditioning) {
      calls.push({ batch: shape[0], timestep, conditioning: [...conditioning.data] });
      return data.map((value, i) => Math.sin(value + i) + (conditioning.data[Math.floor(i / 4)] ?? 0) / 10);
    },
  };
  return { calls, model };
}

const options = (change: Partial<DenoiseOptions>): DenoiseOptions => ({
  model: probe().model,
  scheduler: makeScheduler('ddim', CONFIG, 10),
  positive: prompt(1),
  negative: prompt(2),
  guidance: 3,
  noise: latentsOf(1),
  latents: null,
  start: 0,
  end: 1,
  beforeStep: async () => {},
  afterStep: async () => {},
  ...change,
});

describe('denoising', () => {
  it('asks for both branches at once, the negative one first', async () => {
    const { calls, model } = probe();
    await denoise(options({ model }));
    expect(calls).toHaveLength(10);
    expect(calls[0]).toEqual({ batch: 2, timestep: 999, conditioning: [2, 1] });
  });

  it('leaves the negative branch out when the guidance is 1', async () => {
    const { calls, model } = probe();
    await denoise(options({ model, guidance: 1 }));
    expect(calls[0]).toEqual({ batch: 1, timestep: 999, conditioning: [1] });
  });

  it('repeats the prompts for each latent image of a batch', async () => {
    const { calls, model } = probe();
    const noise: Latents = { shape: [2, 1, 2, 2], data: normalNoise(1, 8) };
    expect((await denoise(options({ model, noise }))).shape).toEqual([2, 1, 2, 2]);
    expect(calls[0]).toEqual({ batch: 4, timestep: 999, conditioning: [2, 2, 1, 1] });
  });

  it.each(['ddim', 'euler'] as const)('in two parts is the same as in one, by %s', async (name) => {
    const scheduler = makeScheduler(name, CONFIG, 10);
    const whole = await denoise(options({ scheduler }));
    for (const part of [0.05, 0.3, 0.77, 1]) {
      const first = await denoise(options({ scheduler, end: part }));
      const second = await denoise(options({ scheduler, noise: null, latents: first, start: part }));
      expect(second.data).toEqual(whole.data);
    }
  });

  it('of an image runs the later steps only, from the image with noise', async () => {
    const { calls, model } = probe();
    const image = latentsOf(2);
    const steps: number[] = [];
    await denoise(
      options({ model, latents: image, start: 0.5, afterStep: async (done, total) => void steps.push(done / total) }),
    );
    expect(calls.map(({ timestep }) => timestep)).toEqual([499, 399, 299, 199, 99]);
    expect(steps).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    const untouched = await denoise(options({ latents: image, start: 1 }));
    expect(untouched.data).toEqual(image.data);
  });

  it('stops where the step before says so', async () => {
    const { calls, model } = probe();
    const beforeStep = async () => {
      if (calls.length === 3) throw new Error('stop');
    };
    await expect(denoise(options({ model, beforeStep }))).rejects.toThrow('stop');
    expect(calls).toHaveLength(3);
  });

  it.each([
    ['nothing to start from', { noise: null }, /nothing to denoise/],
    [
      'noise and latents of two sizes',
      { latents: { shape: [1, 1, 1, 4], data: new Float32Array(4) } as Latents },
      /differ in shape/,
    ],
    [
      'prompts of two lengths',
      { negative: { shape: [1, 2, 1], data: new Float32Array(2) } as Conditioning },
      /conditioning differ/,
    ],
    [
      'a model that gives NaN',
      { model: { predict: async () => new Float32Array(8).fill(Number.NaN) } },
      /NaN or infinity/,
    ],
  ])('refuses %s', async (_, change, message) => {
    await expect(denoise(options(change))).rejects.toThrow(message);
  });
});
