/** The schedulers against trajectories that test/support/schedulers/reference.py computed from the papers. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeScheduler, type SchedulerName } from './schedulers.ts';

interface Case {
  name: string;
  scheduler: SchedulerName;
  steps: number;
  config: object;
  timesteps: number[];
  sigmas?: number[];
  path: number[][];
}

const file = new URL('../../test/support/schedulers/golden/trajectories.json', import.meta.url);
const golden: { start: number[]; fresh: number[][]; cases: Case[] } = JSON.parse(readFileSync(file, 'utf8'));

/** As the reference has it: no model of anything. */
const model = (seen: Float32Array, t: number) => seen.map((x, i) => 0.1 * x + Math.sin(t / 100 + i));

/** The largest difference, relative to the largest value that is expected. */
function error(actual: ArrayLike<number>, expected: number[]): number {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs)) || 1;
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN)))) / scale;
}

describe.each(golden.cases)('$scheduler, $name, $steps steps', ({ scheduler: name, steps, config, ...expected }) => {
  const scheduler = makeScheduler(name, config, steps);

  it('visits the time steps and noise levels', () => {
    const { timesteps, sigmas } = scheduler as { timesteps: readonly number[]; sigmas?: Float32Array };
    expect(error(timesteps, expected.timesteps)).toBeLessThan(1e-6);
    if (expected.sigmas) expect(error(sigmas ?? [], expected.sigmas)).toBeLessThan(1e-6);
  });

  it('takes the path', () => {
    let sample: Float32Array = Float32Array.from(golden.start, (value) => value * scheduler.initNoiseSigma);
    let previous: Float32Array | null = null;
    expect(error(sample, expected.path[0] ?? [])).toBeLessThan(1e-5);
    for (let index = 0; index < steps; index++) {
      const output = model(scheduler.scaleModelInput(sample, index), scheduler.timesteps[index] ?? 0);
      const noise = () => Float32Array.from(golden.fresh[index] ?? []);
      const step = scheduler.step(output, index, sample, { previous, noise });
      [sample, previous] = [step.sample, step.predicted];
      expect(error(sample, expected.path[index + 1] ?? [])).toBeLessThan(1e-5);
    }
  });
});
