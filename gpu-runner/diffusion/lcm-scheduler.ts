import { AlphaScheduler } from './alpha-scheduler.ts';
import type { SchedulerConfig } from './schedule.ts';
import type { SchedulerStep, StepContext } from './scheduler.ts';

/** Standard deviation of the images that the boundary condition is written for, as in the paper. */
const SIGMA_DATA = 0.5;

/**
 * Luo et al., "Latent consistency models" (2023), algorithm 3: every step predicts the image and adds fresh noise for
 * the next one; as diffusers' LCMScheduler. Made for models that were distilled for it, and takes as many steps as
 * those were distilled with (50) at most.
 */
export class LcmScheduler extends AlphaScheduler {
  constructor(config: SchedulerConfig, steps: number) {
    super(config, distilledTimesteps(config, steps));
  }

  step(output: Float32Array, index: number, sample: Float32Array, context: StepContext): SchedulerStep {
    const { prediction_type, clip_sample, clip_sample_range: range, timestep_scaling } = this.config;
    const alpha = this.alpha(index);
    const [root, noiseRoot] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
    const scaled = (this.timesteps[index] ?? 0) * timestep_scaling;
    // At t = 0 the sample itself is the image; the further from it, the more the prediction counts.
    const skip = SIGMA_DATA ** 2 / (scaled ** 2 + SIGMA_DATA ** 2);
    const out = scaled / Math.sqrt(scaled ** 2 + SIGMA_DATA ** 2);
    const predicted = output.map((value, i) => {
      const x = sample[i] ?? 0;
      let x0 = value;
      if (prediction_type === 'epsilon') x0 = (x - noiseRoot * value) / root;
      else if (prediction_type === 'v_prediction') x0 = root * x - noiseRoot * value;
      if (clip_sample) x0 = Math.min(Math.max(x0, -range), range);
      return out * x0 + skip * x;
    });
    if (index + 1 >= this.timesteps.length) return { sample: predicted, predicted };
    return { sample: this.addNoise(predicted, context.noise(), index + 1), predicted };
  }
}

/** Some of those that the model was distilled with, as evenly as they go. */
function distilledTimesteps(config: SchedulerConfig, steps: number): number[] {
  const { num_train_timesteps: train, original_inference_steps: original } = config;
  if (steps > original) {
    throw new RangeError(`lcm takes ${original} steps at most, as many as its models were distilled with`);
  }
  const stride = Math.floor(train / original);
  const distilled = Array.from({ length: original }, (_, i) => (original - i) * stride - 1);
  const apart = original / steps;
  return Array.from({ length: steps }, (_, i) => distilled[Math.floor(i * apart)] ?? 0);
}
