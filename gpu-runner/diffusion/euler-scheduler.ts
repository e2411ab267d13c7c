import { type SchedulerConfig, spacedTimesteps } from './schedule.ts';
import type { Scheduler, SchedulerStep, StepContext } from './scheduler.ts';
import { interpolate, karrasSigmas, timestepOfSigma, trainedSigmas } from './sigmas.ts';

/** Karras et al., "Elucidating the design space" (2022), algorithm 2 without churn; as diffusers' EulerDiscreteScheduler. */
export class EulerScheduler implements Scheduler {
  readonly timesteps: readonly number[];
  readonly trainTimesteps: number;
  readonly initNoiseSigma: number;
  /** Noise level before each step, and 0 after the last; float32 [steps + 1]. */
  readonly sigmas: Float32Array;
  readonly #prediction: SchedulerConfig['prediction_type'];

  constructor(config: SchedulerConfig, steps: number, { karras = false } = {}) {
    const trained = trainedSigmas(config);
    const spacing = config.timestep_spacing ?? 'linspace';
    let timesteps = spacedTimesteps(config, spacing, steps).map(Math.fround);
    let sigmas = timesteps.map((t) => interpolate(trained, t));
    if (karras) {
      sigmas = karrasSigmas(sigmas[steps - 1] ?? 0, sigmas[0] ?? 0, steps);
      timesteps = sigmas.map(timestepOfSigma(trained)).map(Math.fround);
    }
    this.timesteps = timesteps;
    this.trainTimesteps = config.num_train_timesteps;
    this.sigmas = Float32Array.from([...sigmas, 0]);
    const largest = Math.max(...this.sigmas);
    // `leading` starts below the noisiest step, where a sample still has the variance of the image in it.
    this.initNoiseSigma = spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest;
    this.#prediction = config.prediction_type;
  }

  scaleModelInput(sample: Float32Array, index: number): Float32Array {
    const scale = Math.sqrt(this.sigma(index) ** 2 + 1);
    return sample.map((value) => value / scale);
  }

  step(output: Float32Array, index: number, sample: Float32Array, _context: StepContext): SchedulerStep {
    return this.stepTo(this.sigma(index + 1), output, index, sample);
  }

  addNoise(latents: Float32Array, noise: Float32Array, index: number): Float32Array {
    const sigma = this.sigma(index);
    return latents.map((value, i) => value + sigma * (noise[i] ?? 0));
  }

  protected sigma(index: number): number {
    return this.sigmas[index] ?? 0;
  }

  /** Straight on towards what the model takes for the image, as far as noise level `target`. */
  protected stepTo(target: number, output: Float32Array, index: number, sample: Float32Array): SchedulerStep {
    const sigma = this.sigma(index);
    const change = target - sigma;
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
}
