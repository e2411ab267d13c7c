import { roundHalfEven } from './round-half-even.ts';
import { type SchedulerConfig, spacedTimesteps } from './schedule.ts';
import type { Scheduler, SchedulerStep, StepContext } from './scheduler.ts';
import { karrasSigmas, timestepOfSigma, trainedSigmas } from './sigmas.ts';

/**
 * DPM-Solver++(2M): Lu et al., "DPM-Solver++" (2022), algorithm 2; as diffusers' DPMSolverMultistepScheduler with
 * `dpmsolver++`, order 2, midpoint, `lower_order_final` and a final σ of 0.
 *
 * Its second order comes from the image that the step before predicted. A run that starts in the middle, after another
 * one stopped there, does not have it, and makes its first step in first order: in two parts the result differs a
 * little from that in one, as in InvokeAI.
 */
export class DpmPlusPlus2mScheduler implements Scheduler {
  readonly timesteps: readonly number[];
  readonly trainTimesteps: number;
  readonly initNoiseSigma = 1;
  /** Noise level before each step, and 0 after the last; float32 [steps + 1]. */
  readonly sigmas: Float32Array;
  readonly #prediction: SchedulerConfig['prediction_type'];

  constructor(config: SchedulerConfig, steps: number, { karras = false } = {}) {
    const trained = trainedSigmas(config);
    if (karras) {
      const sigmas = karrasSigmas(trained[0] ?? 0, trained[trained.length - 1] ?? 0, steps);
      this.timesteps = sigmas.map(timestepOfSigma(trained)).map(roundHalfEven);
      this.sigmas = Float32Array.from([...sigmas, 0]);
    } else {
      this.timesteps = spacing(config, steps);
      this.sigmas = Float32Array.from([...this.timesteps.map((t) => trained[t] ?? 0), 0]);
    }
    this.trainTimesteps = config.num_train_timesteps;
    this.#prediction = config.prediction_type;
  }

  scaleModelInput(sample: Float32Array): Float32Array {
    return sample;
  }

  step(output: Float32Array, index: number, sample: Float32Array, { previous }: StepContext): SchedulerStep {
    const [before, from, to] = [this.#sigma(index - 1), this.#sigma(index), this.#sigma(index + 1)];
    const predicted = this.#predict(output, from, sample);
    // With σ = 0 next, the solver's formula is the prediction itself.
    if (to === 0) return { sample: predicted, predicted };
    // In λ = −ln σ the solver's e^−h is the ratio of the two σ; half of 1/r weighs how the prediction changed.
    const change = previous && index > 0 ? Math.log(from / to) / Math.log(before / from) / 2 : 0;
    const keep = share(to).noise / share(from).noise;
    const take = share(to).image * (1 - to / from);
    const next = predicted.map((x0, i) => {
      const ahead = x0 + change * (x0 - (previous?.[i] ?? x0));
      return keep * (sample[i] ?? 0) + take * ahead;
    });
    return { sample: next, predicted };
  }

  addNoise(latents: Float32Array, noise: Float32Array, index: number): Float32Array {
    const { image, noise: amount } = share(this.#sigma(index));
    return latents.map((value, i) => image * value + amount * (noise[i] ?? 0));
  }

  #predict(output: Float32Array, sigma: number, sample: Float32Array): Float32Array {
    if (this.#prediction === 'sample') return output;
    const { image, noise } = share(sigma);
    if (this.#prediction === 'epsilon') return output.map((out, i) => ((sample[i] ?? 0) - noise * out) / image);
    return output.map((out, i) => image * (sample[i] ?? 0) - noise * out);
  }

  #sigma(index: number): number {
    return this.sigmas[index] ?? 0;
  }
}

/** What a sample of unit variance has of image and of noise. */
function share(sigma: number): { image: number; noise: number } {
  const image = 1 / Math.sqrt(sigma ** 2 + 1);
  return { image, noise: sigma * image };
}

/** As other schedulers are spaced with one step more, of which the cleanest is left out; `trailing` is the same. */
function spacing(config: SchedulerConfig, steps: number): number[] {
  const kind = config.timestep_spacing ?? 'linspace';
  if (kind === 'trailing') return spacedTimesteps(config, kind, steps);
  const most = config.num_train_timesteps - 1;
  if (steps > most) throw new RangeError(`dpmpp_2m takes ${most} steps at most with ${kind} spacing`);
  return spacedTimesteps(config, kind, steps + 1)
    .map(roundHalfEven)
    .slice(0, steps);
}
