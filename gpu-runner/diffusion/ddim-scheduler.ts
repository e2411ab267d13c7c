import { AlphaScheduler } from './alpha-scheduler.ts';
import { roundHalfEven } from './round-half-even.ts';
import { type SchedulerConfig, spacedTimesteps } from './schedule.ts';
import type { SchedulerStep } from './scheduler.ts';

/** Song et al., "Denoising diffusion implicit models" (2020), with η = 0; as diffusers' DDIMScheduler. */
export class DdimScheduler extends AlphaScheduler {
  constructor(config: SchedulerConfig, steps: number) {
    super(config, spacedTimesteps(config, config.timestep_spacing ?? 'leading', steps).map(roundHalfEven));
  }

  step(output: Float32Array, index: number, sample: Float32Array): SchedulerStep {
    const { prediction_type, clip_sample, clip_sample_range: range } = this.config;
    const alpha = this.alpha(index);
    const [root, noiseRoot] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
    const previous = this.#alphaBefore(index);
    const [previousRoot, previousNoiseRoot] = [Math.sqrt(previous), Math.sqrt(1 - previous)];
    const next = new Float32Array(sample.length);
    const predicted = new Float32Array(sample.length);
    for (let i = 0; i < sample.length; i++) {
      const [x, out] = [sample[i] ?? 0, output[i] ?? 0];
      let [x0, epsilon] = [out, out];
      if (prediction_type === 'epsilon') x0 = (x - noiseRoot * out) / root;
      else if (prediction_type === 'sample') epsilon = (x - root * out) / noiseRoot;
      else [x0, epsilon] = [root * x - noiseRoot * out, root * out + noiseRoot * x];
      if (clip_sample) x0 = Math.min(Math.max(x0, -range), range);
      predicted[i] = x0;
      next[i] = previousRoot * x0 + previousNoiseRoot * epsilon;
    }
    return { sample: next, predicted };
  }

  /** ᾱ one stride below a step, which need not be the next step visited; past the end there is no noise left. */
  #alphaBefore(index: number): number {
    const stride = Math.floor(this.trainTimesteps / this.timesteps.length);
    const timestep = (this.timesteps[index] ?? 0) - stride;
    if (timestep >= 0) return this.alphas[timestep] ?? 1;
    return this.config.set_alpha_to_one ? 1 : (this.alphas[0] ?? 1);
  }
}
