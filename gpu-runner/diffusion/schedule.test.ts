import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { EulerScheduler } from './euler-scheduler.ts';
import { roundHalfEven } from './round-half-even.ts';
import { alphasCumprod, SchedulerConfig, spacedTimesteps } from './schedule.ts';
import { makeScheduler, type SchedulerName } from './schedulers.ts';

const json = (path: string) => JSON.parse(readFileSync(`${TINY_DIFFUSION}/${path}`, 'utf8'));
const golden: {
  alphas_cumprod: Record<string, number>;
  timesteps: Record<string, number[]>;
  euler_sigmas: Record<string, number[]>;
} = json('golden/schedules.json');
const config = SchedulerConfig.parse(json('scheduler/scheduler_config.json'));

/** Relative to what is expected; equal when that is 0. */
const error = (value: number | undefined, expected: number) =>
  expected === 0 ? Math.abs(value ?? 1) : Math.abs((value ?? 0) / expected - 1);

describe('the golden schedules', () => {
  it.each(Object.entries(golden.alphas_cumprod))('ᾱ of step %s', (step, expected) => {
    expect(error(alphasCumprod(config)[Number(step)], expected)).toBeLessThan(1e-4);
  });

  it.each(Object.entries(golden.timesteps))('the time steps of %s', (steps, expected) => {
    expect(spacedTimesteps(config, 'trailing', Number(steps))).toEqual(expected);
  });

  it.each(Object.entries(golden.euler_sigmas))('the σ of %s Euler steps', (steps, expected) => {
    const { sigmas, initNoiseSigma } = new EulerScheduler(config, Number(steps));
    expect(sigmas).toHaveLength(expected.length);
    expect(Math.max(...expected.map((sigma, i) => error(sigmas[i], sigma)))).toBeLessThan(1e-4);
    expect(error(initNoiseSigma, expected[0] ?? 0)).toBeLessThan(1e-6);
  });
});

/** scheduler_config.json of Stable Diffusion 1.5, which was saved for another scheduler and leaves much unsaid. */
const SD_1_5 = {
  _class_name: 'PNDMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
  clip_sample: false,
};

describe('other schedules', () => {
  it('have the noise levels that Stable Diffusion and DDPM are known for', () => {
    const stable = alphasCumprod(SchedulerConfig.parse(SD_1_5));
    expect(stable[0]).toBeCloseTo(0.99915, 5);
    expect(stable[999]).toBeCloseTo(0.00466, 5);
    const euler = new EulerScheduler(SchedulerConfig.parse(SD_1_5), 20);
    expect(euler.sigmas[0]).toBeCloseTo(14.6146, 3);
    const ddpm = alphasCumprod(SchedulerConfig.parse({}));
    expect(ddpm[999]).toBeCloseTo(4.0358e-5, 8);
  });

  it('take betas as they were trained, when the file lists them', () => {
    const alphas = alphasCumprod(SchedulerConfig.parse({ trained_betas: [0.5, 0.5, 0.75] }));
    expect([...alphas]).toEqual([0.5, 0.25, 0.0625]);
  });

  it('are spaced as diffusers spaces them', () => {
    const { steps_offset: _, ...rest } = SchedulerConfig.parse(SD_1_5);
    const leading = spacedTimesteps({ ...rest, steps_offset: 1 }, 'leading', 50);
    expect([leading[0], leading[1], leading[49]]).toEqual([981, 961, 1]);
    expect(spacedTimesteps(config, 'leading', 3)).toEqual([666, 333, 0]);
    expect(spacedTimesteps(config, 'linspace', 5)).toEqual([999, 749.25, 499.5, 249.75, 0]);
    // Halves are rounded as NumPy's own rounded strides have it, which one division would not give.
    expect(spacedTimesteps(config, 'trailing', 48)[3]).toBe(936);
    expect(spacedTimesteps(config, 'linspace', 27).map(roundHalfEven)[13]).toBe(499);
  });

  it('refuse more steps than there are', () => {
    expect(() => spacedTimesteps(config, 'trailing', 1001)).toThrow(/trained with 1000/);
  });

  it('leave it to the name of the scheduler whether noise levels are as Karras has them', () => {
    const config = { ...SD_1_5, use_karras_sigmas: true };
    const sigmas = (name: SchedulerName) => (makeScheduler(name, config, 10) as EulerScheduler).sigmas;
    expect(sigmas('euler')).toEqual(new EulerScheduler(SchedulerConfig.parse(SD_1_5), 10).sigmas);
    expect(sigmas('euler_k')).not.toEqual(sigmas('euler'));
  });

  it.each([
    { thresholding: true },
    { use_beta_sigmas: true },
    { beta_schedule: 'squaredcos_cap_v2' },
    { prediction_type: 'flow_prediction' },
    { final_sigmas_type: 'sigma_min' },
    { timestep_type: 'continuous' },
    { use_flow_sigmas: true },
  ])('refuse %j, which would change the picture', (change) => {
    expect(SchedulerConfig.safeParse({ ...SD_1_5, ...change }).success).toBe(false);
  });
});
