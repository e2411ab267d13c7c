import { describe, expect, it } from 'vitest';
import { type DenoiseOptions, type Denoiser, denoise } from './denoise.ts';
import type { Conditioning, Latents } from './latents.ts';
import { normalNoise } from './noise.ts';
import type { Scheduler } from './scheduler.ts';
import { makeScheduler, SCHEDULER_NAMES } from './schedulers.ts';

const CONFIG = {
  prediction_type: 'v_prediction',
  rescale_betas_zero_snr: true,
  timestep_spacing: 'trailing',
  clip_sample: false,
};
const prompt = (value: number): Conditioning => ({ shape: [1, 1, 1], data: Float32Array.of(value) });
const latentsOf = (seed: number): Latents => ({ shape: [1, 1, 2, 2], data: normalNoise(seed, 4), seed });

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

  it('takes guidance step by step, the same in one part of the schedule as in the whole', async () => {
    const { calls, model } = probe();
    const guidance = [7, 1, 3, 3, 3, 1, 1, 9, 2, 1];
    const whole = await denoise(options({ model, guidance }));
    expect(calls.map(({ batch }) => batch)).toEqual(guidance.map((value) => (value > 1 ? 2 : 1)));
    const first = await denoise(options({ guidance, end: 0.4 }));
    const second = await denoise(options({ guidance, noise: null, latents: first, start: 0.4 }));
    expect(second.data).toEqual(whole.data);
    const even = await denoise(options({ guidance: new Array<number>(10).fill(3) }));
    expect(even.data).toEqual((await denoise(options({ guidance: 3 }))).data);
    await expect(denoise(options({ guidance: [3, 3] }))).rejects.toThrow(/for 2 steps, and the schedule has 10/);
  });

  it('repeats the prompts for each latent image of a batch', async () => {
    const { calls, model } = probe();
    const noise: Latents = { shape: [2, 1, 2, 2], data: normalNoise(1, 8) };
    expect((await denoise(options({ model, noise }))).shape).toEqual([2, 1, 2, 2]);
    expect(calls[0]).toEqual({ batch: 4, timestep: 999, conditioning: [2, 2, 1, 1] });
  });

  const oneStep = SCHEDULER_NAMES.filter((name) => !name.startsWith('dpmpp'));
  it.each(oneStep)('in two parts is the same as in one, by %s', async (name) => {
    const scheduler = makeScheduler(name, CONFIG, 10);
    const noise = latentsOf(7);
    const whole = await denoise(options({ scheduler, noise }));
    for (const part of [0.05, 0.3, 0.77, 1]) {
      const first = await denoise(options({ scheduler, noise, end: part }));
      const second = await denoise(options({ scheduler, noise: null, latents: first, start: part }));
      expect(second.data).toEqual(whole.data);
    }
  });

  it('in two parts by dpmpp_2m goes on in first order, and so ends near what one run gives', async () => {
    const scheduler = makeScheduler('dpmpp_2m', CONFIG, 30);
    const whole = await denoise(options({ scheduler }));
    const first = await denoise(options({ scheduler, end: 0.5 }));
    const { data } = await denoise(options({ scheduler, noise: null, latents: first, start: 0.5 }));
    expect(data).not.toEqual(whole.data);
    expect(Math.max(...data.map((value, i) => Math.abs(value - (whole.data[i] ?? 0))))).toBeLessThan(0.05);
  });

  it.each(['euler_a', 'lcm'] as const)('draws what %s adds from the seed of its noise', async (name) => {
    const run = async (noise: Latents, latents: Latents | null = null) =>
      (await denoise(options({ scheduler: makeScheduler(name, CONFIG, 10), noise, latents }))).data;
    const { seed: _, ...seedless } = latentsOf(1);
    const one = await run(latentsOf(1));
    expect(await run(latentsOf(1))).toEqual(one);
    expect(await run({ ...latentsOf(1), seed: 2 })).not.toEqual(one);
    expect(await run(seedless)).toEqual(await run({ ...seedless, seed: 0 }));
    expect(await run(seedless, latentsOf(3))).toEqual(await run({ ...seedless, seed: 3 }, latentsOf(3)));
  });

  it('hands the seed on', async () => {
    expect((await denoise(options({ noise: latentsOf(5) }))).seed).toBe(5);
    expect((await denoise(options({ noise: null, latents: latentsOf(6) }))).seed).toBe(6);
  });

  it('repeats the shorter prompt, which says the same', async () => {
    const { calls, model } = probe();
    const negative: Conditioning = { shape: [1, 2, 1], data: Float32Array.of(2, 3) };
    const positive: Conditioning = { shape: [1, 3, 1], data: Float32Array.of(4, 5, 6) };
    await denoise(options({ model, negative, positive }));
    expect(calls[0]?.conditioning).toEqual([2, 3, 2, 3, 2, 3, 4, 5, 6, 4, 5, 6]);
    const long: Conditioning = { shape: [1, 8191, 1], data: new Float32Array(8191) };
    await expect(denoise(options({ negative, positive: long }))).rejects.toThrow(/do not go together/);
  });

  it('takes back a share of the spread that guidance adds, for each image by itself', async () => {
    const outputs: Float32Array[] = [];
    const scheduler: Scheduler = {
      ...makeScheduler('ddim', CONFIG, 1),
      timesteps: [999],
      trainTimesteps: 1000,
      initNoiseSigma: 1,
      scaleModelInput: (sample) => sample,
      addNoise: (latents) => latents,
      step: (output, _, sample) => {
        outputs.push(output);
        return { sample, predicted: sample };
      },
    };
    const noise: Latents = { shape: [2, 1, 1, 2], data: new Float32Array(4) };
    // Spread of the positive branch 2 and 1, of the guided one (1 + 3·(p − 1)) 6 and 3.
    const model: Denoiser = { predict: async () => Float32Array.of(1, 1, 1, 1, 1, 5, 2, 4) };
    for (const rescale of [0, 0.5]) await denoise(options({ model, scheduler, noise, rescale }));
    expect([...(outputs[0] ?? [])]).toEqual([1, 13, 4, 10]);
    const factor = 0.5 / 3 + 0.5;
    expect([...(outputs[1] ?? [])]).toEqual([1, 13, 4, 10].map((value) => Math.fround(value * factor)));
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
      'prompts of two models',
      { negative: { shape: [1, 1, 2], data: new Float32Array(2) } as Conditioning },
      /conditioning differ/,
    ],
    [
      'a model that gives NaN',
      { model: { predict: async () => new Float32Array(8).fill(Number.NaN) } },
      /NaN or infinity/,
    ],
    [
      'latents of NaN, which are not blamed on the model',
      { latents: { ...latentsOf(1), data: new Float32Array(4).fill(Number.NaN) } },
      /^NaN or infinity in the latents that came in/,
    ],
    [
      'noise that is infinite',
      { noise: { ...latentsOf(1), data: Float32Array.of(0, Infinity, 0, 0) } },
      /in the noise that came in/,
    ],
    ['a prompt of NaN', { negative: prompt(Number.NaN) }, /in the negative conditioning/],
  ])('refuses %s', async (_, change, message) => {
    await expect(denoise(options(change))).rejects.toThrow(message);
  });
});
