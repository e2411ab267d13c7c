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

/** What a perfect model says of `seen`, which is √ᾱ·image and the rest noise, in each way of saying it. */
function perfectOutput(prediction: string, seen: Float32Array, alpha: number): Float32Array {
  if (prediction === 'sample') return image;
  const [root, noiseRoot] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
  const rest = seen.map((value, i) => (value - root * (image[i] ?? 0)) / noiseRoot);
  return prediction === 'epsilon' ? rest : rest.map((value, i) => root * value - noiseRoot * (image[i] ?? 0));
}

describe.each(SCHEDULER_NAMES)('%s', (name) => {
  it.each(['epsilon', 'v_prediction', 'sample'])(
    'finds the image that a perfect model tells it of by %s',
    (prediction) => {
      const scheduler = makeScheduler(name, { ...BASE, prediction_type: prediction }, 10);
      let sample = scheduler.addNoise(image, noise, 0);
      let previous: Float32Array | null = null;
      for (let i = 0; i < 10; i++) {
        // Of a sample x = c·(√ᾱ·image + √(1−ᾱ)·noise): what the model sees has c = 1.
        const seen = scheduler.scaleModelInput(sample, i);
        const alpha = alphaOf(seen);
        const step = scheduler.step(perfectOutput(prediction, seen, alpha), i, sample, {
          previous,
          noise: () => noise,
        });
        expect(largest(step.predicted, image)).toBeLessThan(1e-4);
        [sample, previous] = [step.sample, step.predicted];
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

/** Of schedulers that need nothing but the output. */
const NOTHING = { previous: null, noise: () => new Float32Array() };

describe('ddim', () => {
  it('clips what it takes for the image only when the configuration says so', () => {
    const output = new Float32Array(1);
    const predicted = (config: object) =>
      makeScheduler('ddim', { ...BASE, ...config }, 10).step(output, 9, Float32Array.of(5), NOTHING).predicted[0];
    expect(predicted({ clip_sample: true })).toBe(1);
    expect(predicted({ clip_sample: true, clip_sample_range: 2 })).toBe(2);
    expect(predicted({})).toBeGreaterThan(5);
    expect(predicted({ clip_sample: undefined })).toBeGreaterThan(5);
  });
});

it.each(['ddim', 'lcm'] as const)('%s refuses a start where noise prediction says nothing', (name) => {
  const config = { ...BASE, rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
  expect(() => makeScheduler(name, config, 10)).toThrow(/zero terminal SNR/);
});

it.each([
  ['dpmpp_2m', 1000, /dpmpp_2m takes 999 steps at most with leading spacing/],
  ['dpmpp_2m', 1001, /at most/],
  ['euler_a', 1001, /trained with 1000/],
  ['lcm', 51, /50 steps at most/],
] as const)('%s refuses %i steps', (name, steps, message) => {
  expect(() => makeScheduler(name, BASE, steps)).toThrow(message);
  expect(makeScheduler(name, BASE, name === 'lcm' ? 50 : 999).timesteps.every(Number.isFinite)).toBe(true);
});

it('lcm takes as many steps as its model was distilled with', () => {
  expect(makeScheduler('lcm', { ...BASE, original_inference_steps: 100 }, 100).timesteps).toHaveLength(100);
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
    a = ddim.step(model(a), i, a, NOTHING).sample;
    b = euler.step(model(euler.scaleModelInput(b, i)), i, b, NOTHING).sample;
  }
  expect(largest(a, b)).toBeLessThan(1e-4);
});
