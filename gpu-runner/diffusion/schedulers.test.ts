import { describe, expect, it } from 'vitest';
import { normalNoise } from './noise.ts';
import { makeScheduler, SCHEDULER_NAMES } from './schedulers.ts';

const BASE = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  timestep_spacing: 'leading',
  steps_offset: 1,
  clip_sample: false,
};
const SIZE = 64;
const image = normalNoise(1, SIZE);
const noise = normalNoise(2, SIZE);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));

/** What a perfect model says of a sample made of `image` and `noise`, in each way of saying it. */
function perfectOutput(prediction: string, alpha: number): Float32Array {
  if (prediction === 'epsilon') return noise;
  if (prediction === 'sample') return image;
  return noise.map((value, i) => Math.sqrt(alpha) * value - Math.sqrt(1 - alpha) * (image[i] ?? 0));
}

describe.each(SCHEDULER_NAMES)('%s', (name) => {
  it.each(['epsilon', 'v_prediction', 'sample'])(
    'finds the image that a perfect model tells it of by %s',
    (prediction) => {
      const scheduler = makeScheduler(name, { ...BASE, prediction_type: prediction }, 10);
      let sample = scheduler.addNoise(image, noise, 0);
      for (let i = 0; i < 10; i++) {
        // Of a sample x = c·(√ᾱ·image + √(1−ᾱ)·noise): what the model sees has c = 1.
        const seen = scheduler.scaleModelInput(sample, i);
        const alpha = alphaOf(seen);
        const step = scheduler.step(perfectOutput(prediction, alpha), i, sample);
        expect(largest(step.predicted, image)).toBeLessThan(1e-4);
        sample = step.sample;
      }
      expect(largest(sample, image)).toBeLessThan(1e-4);
    },
  );

  it('ends at noise of unit size times its σ when there is no image', () => {
    const scheduler = makeScheduler(
      name,
      { ...BASE, timestep_spacing: 'trailing', rescale_betas_zero_snr: true, prediction_type: 'v_prediction' },
      10,
    );
    const added = scheduler.addNoise(new Float32Array(SIZE), noise, 0);
    expect(
      largest(
        added,
        noise.map((value) => value * scheduler.initNoiseSigma),
      ),
    ).toBeLessThan(1e-3);
  });
});

/** ᾱ of √ᾱ·image + √(1−ᾱ)·noise: the share of the image, by least squares. */
function alphaOf(seen: Float32Array): number {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const [ii, nn, mixed] = [dot(image, image), dot(noise, noise), dot(image, noise)];
  const share = (dot(seen, image) * nn - dot(seen, noise) * mixed) / (ii * nn - mixed * mixed);
  return share ** 2;
}

describe('ddim', () => {
  it('clips what it takes for the image only when the configuration says so', () => {
    const output = new Float32Array(1);
    const predicted = (config: object) =>
      makeScheduler('ddim', { ...BASE, ...config }, 10).step(output, 9, Float32Array.of(5)).predicted[0];
    expect(predicted({ clip_sample: true })).toBe(1);
    expect(predicted({ clip_sample: true, clip_sample_range: 2 })).toBe(2);
    expect(predicted({})).toBeGreaterThan(5);
    expect(predicted({ clip_sample: undefined })).toBeGreaterThan(5);
  });

  it('refuses a start where noise prediction says nothing', () => {
    const config = { ...BASE, rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
    expect(() => makeScheduler('ddim', config, 10)).toThrow(/zero terminal SNR/);
  });
});

it('euler takes the same path as ddim where their time steps agree', () => {
  const config = { ...BASE, prediction_type: 'v_prediction' };
  const [ddim, euler] = [makeScheduler('ddim', config, 10), makeScheduler('euler', config, 10)];
  expect(euler.timesteps).toEqual(ddim.timesteps);
  let a: Float32Array = noise;
  let b: Float32Array = noise.map((value) => value * euler.initNoiseSigma);
  for (let i = 0; i < 10; i++) {
    // A model that is no model of anything, so that nothing cancels out.
    const model = (seen: Float32Array) => seen.map((value, at) => Math.sin(3 * value + at));
    a = ddim.step(model(a), i, a).sample;
    b = euler.step(model(euler.scaleModelInput(b, i)), i, b).sample;
  }
  expect(largest(a, b)).toBeLessThan(1e-4);
});
