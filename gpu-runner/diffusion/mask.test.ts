import { describe, expect, it } from 'vitest';
import type { DenoiseMask, Latents } from './latents.ts';
import { keptPart } from './mask.ts';
import { normalNoise } from './noise.ts';
import { makeScheduler, SCHEDULER_NAMES } from './schedulers.ts';

const STEPS = 5;
const CONFIG = { prediction_type: 'v_prediction', rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
const of = (seed: number): Latents => ({ shape: [1, 4, 2, 4], data: normalNoise(seed, 32) });
const [latents, noise, sample] = [of(1), of(2), of(3)];

/** Kept on the left, denoised on the right, half and half between. */
const mask: DenoiseMask = { shape: [1, 1, 1, 4], data: Uint8Array.of(255, 255, 102, 0) };
const WEIGHTS = [1, 1, 0.4, 0];

describe.each(SCHEDULER_NAMES)('the kept part, with %s', (name) => {
  const scheduler = makeScheduler(name, CONFIG, STEPS);
  const kept = keptPart({ scheduler, latents, noise, mask });
  const mixed = (put: Float32Array) => {
    return sample.data.map((value, i) => value * (1 - WEIGHTS[i % 4]!) + put[i]! * WEIGHTS[i % 4]!);
  };

  it('has the noise of the step that comes, and none after the last', () => {
    for (let index = 0; index <= STEPS; index++) {
      const put = index === STEPS ? latents.data : scheduler.addNoise(latents.data, noise.data, index);
      const result = kept!.at(index, sample.data);
      const expected = mixed(put);
      result.forEach((value, i) => {
        // Where the mask is 1 or 0 it is exact.
        if (i % 4 === 2) expect(value / expected[i]!).toBeCloseTo(1, 4);
        else expect(value).toBe(expected[i]);
      });
    }
  });

  it('is the image itself in what is shown', () => {
    expect(kept!.over(sample.data)[0]).toBe(latents.data[0]);
    expect(kept!.over(sample.data)[3]).toBe(sample.data[3]);
  });
});

it('takes a mask of any size', () => {
  const scheduler = makeScheduler('ddim', CONFIG, STEPS);
  const large: DenoiseMask = {
    shape: [1, 1, 16, 32],
    data: new Uint8Array(512).map((_, i) => (i % 32 < 16 ? 255 : 0)),
  };
  const result = keptPart({ scheduler, latents, noise, mask: large })!.at(STEPS, sample.data);
  expect([...result]).toEqual([...sample.data].map((value, i) => (i % 4 < 2 ? latents.data[i] : value)));
});

it('is nothing without a mask, and says what it needs', () => {
  const scheduler = makeScheduler('ddim', CONFIG, STEPS);
  expect(keptPart({ scheduler, latents, noise })).toBeNull();
  expect(() => keptPart({ scheduler, latents: null, noise, mask })).toThrow(/connect latents/);
  expect(() => keptPart({ scheduler, latents, noise: null, mask })).toThrow(/connect noise/);
});
