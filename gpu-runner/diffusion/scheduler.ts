/** What every scheduler is: it takes a sample from noise to image, one model output at a time. */

/** What one step makes, as float32 of the sample's size. */
export interface SchedulerStep {
  sample: Float32Array;
  /** The image as the model sees it at this point: what a preview shows. */
  predicted: Float32Array;
}

/** What some schedulers need besides the output of the model. They keep nothing themselves: a run may start anywhere. */
export interface StepContext {
  /** `predicted` of the step before; null in the first step of a run. */
  readonly previous: Float32Array | null;
  /** Unit noise of the sample's size, for this step alone. */
  noise(): Float32Array;
}

/** `index` counts the steps of `timesteps` from 0. */
export interface Scheduler {
  /** Falling, in training steps. */
  readonly timesteps: readonly number[];
  readonly trainTimesteps: number;
  /** What unit noise is multiplied by to start from noise alone. */
  readonly initNoiseSigma: number;
  /** What the model gets to see of a sample. */
  scaleModelInput(sample: Float32Array, index: number): Float32Array;
  step(output: Float32Array, index: number, sample: Float32Array, context: StepContext): SchedulerStep;
  /** Clean latents, as noisy as they should be before step `index`. */
  addNoise(latents: Float32Array, noise: Float32Array, index: number): Float32Array;
}
