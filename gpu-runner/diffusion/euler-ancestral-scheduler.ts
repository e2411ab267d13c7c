import { EulerScheduler } from './euler-scheduler.ts';
import type { SchedulerStep, StepContext } from './scheduler.ts';

/**
 * Euler steps that go below the next noise level and back up to it with fresh noise, in the shares that ancestral
 * sampling of the training process would have; as diffusers' EulerAncestralDiscreteScheduler. The last step, to σ = 0,
 * adds none.
 */
export class EulerAncestralScheduler extends EulerScheduler {
  override step(output: Float32Array, index: number, sample: Float32Array, context: StepContext): SchedulerStep {
    const [from, to] = [this.sigma(index), this.sigma(index + 1)];
    const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
    const down = Math.sqrt(to ** 2 - up ** 2);
    const step = this.stepTo(down, output, index, sample);
    if (up === 0) return step;
    const noise = context.noise();
    return { ...step, sample: step.sample.map((value, i) => value + up * (noise[i] ?? 0)) };
  }
}
