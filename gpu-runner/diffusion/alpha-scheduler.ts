import { alphasCumprod, refuseNoiseFromNothing, type SchedulerConfig } from './schedule.ts';
import type { Scheduler, SchedulerStep, StepContext } from './scheduler.ts';

/** What the schedulers share that mix image and noise by ᾱ itself: a sample has unit variance at every step. */
export abstract class AlphaScheduler implements Scheduler {
  readonly timesteps: readonly number[];
  readonly trainTimesteps: number;
  readonly initNoiseSigma = 1;
  protected readonly config: SchedulerConfig;
  /** ᾱ of each training step. */
  protected readonly alphas: Float32Array;

  constructor(config: SchedulerConfig, timesteps: readonly number[]) {
    this.config = config;
    this.alphas = alphasCumprod(config);
    this.trainTimesteps = config.num_train_timesteps;
    this.timesteps = timesteps;
    refuseNoiseFromNothing(config, this.alpha(0));
  }

  abstract step(output: Float32Array, index: number, sample: Float32Array, context: StepContext): SchedulerStep;

  scaleModelInput(sample: Float32Array): Float32Array {
    return sample;
  }

  addNoise(latents: Float32Array, noise: Float32Array, index: number): Float32Array {
    const alpha = this.alpha(index);
    const [root, noiseRoot] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
    return latents.map((value, i) => root * value + noiseRoot * (noise[i] ?? 0));
  }

  protected alpha(index: number): number {
    return this.alphas[this.timesteps[index] ?? 0] ?? 1;
  }
}
