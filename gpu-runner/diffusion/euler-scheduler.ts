import { alphasCumprod, type SchedulerConfig, spacedTimesteps } from './schedule.ts';
import type { Scheduler, SchedulerStep } from './scheduler.ts';

/** Stands in for ᾱ = 0, so that the largest σ (4096) is finite; diffusers' number. */
const SMALLEST_ALPHA = 2 ** -24;

/** Karras et al., "Elucidating the design space" (2022), algorithm 2 without churn; as diffusers' EulerDiscreteScheduler. */
export class EulerScheduler implements Scheduler {
  readonly timesteps: readonly number[];
  readonly trainTimesteps: number;
  readonly initNoiseSigma: number;
  /** Noise level before each step, and 0 after the last; float32 [steps + 1]. */
  readonly sigmas: Float32Array;
  readonly #prediction: SchedulerConfig['prediction_type'];

  constructor(config: SchedulerConfig, steps: number) {
    const alphas = alphasCumprod(config);
    if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = SMALLEST_ALPHA;
    const trained = alphas.map((alpha) => Math.sqrt(Math.fround(Math.fround(1 - alpha) / alpha)));
    const spacing = config.timestep_spacing ?? 'linspace';
    this.timesteps = spacedTimesteps(config, spacing, steps).map(Math.fround);
    this.trainTimesteps = config.num_train_timesteps;
    this.sigmas = Float32Array.from([...this.timesteps.map((t) => interpolate(trained, t)), 0]);
    const largest = Math.max(...this.sigmas);
    // `leading` starts below the noisiest step, where a sample still has the variance of the image in it.
    this.initNoiseSigma = spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest;
    this.#prediction = config.prediction_type;
  }

  scaleModelInput(sample: Float32Array, index: number): Float32Array {
    const scale = Math.sqrt(this.#sigma(index) ** 2 + 1);
    return sample.map((value) => value / scale);
  }

  step(output: Float32Array, index: number, sample: Float32Array): SchedulerStep {
    const sigma = this.#sigma(index);
    const change = this.#sigma(index + 1) - sigma;
    const square = sigma ** 2 + 1;
    const next = new Float32Array(sample.length);
    const predicted = new Float32Array(sample.length);
    for (let i = 0; i < sample.length; i++) {
      const [x, out] = [sample[i] ?? 0, output[i] ?? 0];
      let x0 = out;
      if (this.#prediction === 'epsilon') x0 = x - sigma * out;
      else if (this.#prediction === 'v_prediction') x0 = (-sigma / Math.sqrt(square)) * out + x / square;
      predicted[i] = x0;
      next[i] = x + ((x - x0) / sigma) * change;
    }
    return { sample: next, predicted };
  }

  addNoise(latents: Float32Array, noise: Float32Array, index: number): Float32Array {
    const sigma = this.#sigma(index);
    return latents.map((value, i) => value + sigma * (noise[i] ?? 0));
  }

  #sigma(index: number): number {
    return this.sigmas[index] ?? 0;
  }
}

/** The value of a table at a place between its indices. */
function interpolate(table: Float32Array, at: number): number {
  const below = Math.floor(at);
  const [low = 0, high = low] = [table[below], table[Math.min(below + 1, table.length - 1)]];
  return low + (high - low) * (at - below);
}
