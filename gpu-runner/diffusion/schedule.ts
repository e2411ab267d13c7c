/**
 * What the schedulers share: the noise levels that a model was trained with, and the time steps to visit. Driven by
 * `scheduler_config.json`, with the names, defaults and float32 rounding of diffusers (0.21 and later).
 */
import { z } from 'zod';
import { roundHalfEven } from './round-half-even.ts';

/**
 * Settings that change the result and that no scheduler here implements have to have their neutral value: better a
 * refusal than a picture that is subtly not the model's. Keys that are not named here mean nothing to these schedulers,
 * or are what their names say, as in InvokeAI: `use_karras_sigmas` is euler_k and dpmpp_2m_k, `solver_order` dpmpp_2m.
 */
export const SchedulerConfig = z.looseObject({
  num_train_timesteps: z.int().min(1).default(1000),
  beta_start: z.number().default(0.0001),
  beta_end: z.number().default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear']).default('linear'),
  trained_betas: z.array(z.number()).nullish(),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  rescale_betas_zero_snr: z.boolean().default(false),
  /** Absent in old files, where each scheduler has its own default. */
  timestep_spacing: z.enum(['leading', 'linspace', 'trailing']).optional(),
  steps_offset: z.int().default(0),
  set_alpha_to_one: z.boolean().default(true),
  /**
   * Files that were saved for a scheduler without it say nothing. Alone, DDIM would clip then; but these models work on
   * latents, which go beyond ±1, and diffusers' pipelines for them never clip.
   */
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().default(1),
  /** Steps that a latent consistency model was distilled with, and what its time steps are multiplied by. */
  original_inference_steps: z.int().min(1).default(50),
  timestep_scaling: z.number().default(10),
  thresholding: z.literal(false).default(false),
  use_exponential_sigmas: z.literal(false).nullish(),
  use_beta_sigmas: z.literal(false).nullish(),
  use_flow_sigmas: z.literal(false).nullish(),
  timestep_type: z.literal('discrete').nullish(),
  interpolation_type: z.literal('linear').nullish(),
  final_sigmas_type: z.literal('zero').nullish(),
});
export type SchedulerConfig = z.infer<typeof SchedulerConfig>;

const { fround } = Math;

/** As torch.linspace in float32: counted from the nearer end, so that both ends are exact. */
function linspace(start: number, end: number, count: number): Float32Array {
  const step = fround(fround(end - start) / (count - 1));
  return Float32Array.from({ length: count }, (_, i) =>
    i < count / 2 ? fround(start + fround(step * i)) : fround(end - fround(step * (count - 1 - i))),
  );
}

/** β of each training step, before any rescaling; float32 [num_train_timesteps]. */
function betas(config: SchedulerConfig): Float32Array {
  const { num_train_timesteps: count, beta_start, beta_end } = config;
  if (config.trained_betas) return Float32Array.from(config.trained_betas);
  if (config.beta_schedule === 'linear') return linspace(fround(beta_start), fround(beta_end), count);
  return linspace(fround(Math.sqrt(beta_start)), fround(Math.sqrt(beta_end)), count).map((root) => root * root);
}

/** ∏(1 − β): torch keeps the running product in double precision and rounds what it stores. */
function cumulativeProduct(values: Float32Array): Float32Array {
  let product = 1;
  return values.map((value) => {
    product *= value;
    return product;
  });
}

/**
 * Algorithm 1 of Lin et al., "Common diffusion noise schedules and sample steps are flawed" (2023): shifts and scales
 * √ᾱ so that the last is 0 and the first stays. Returns α = 1 − β of each step.
 */
function rescaleToZeroSnr(alphas: Float32Array): Float32Array {
  const roots = cumulativeProduct(alphas).map(Math.sqrt);
  const first = roots[0] ?? 1;
  const last = roots[roots.length - 1] ?? 0;
  const scale = fround(first / fround(first - last));
  const cumulative = roots.map((root) => fround(fround(root - last) * scale) ** 2);
  const rescaled = cumulative.map((value, i) => (i === 0 ? value : value / (cumulative[i - 1] ?? 1)));
  return rescaled.map((alpha) => fround(1 - fround(1 - alpha)));
}

/** ᾱ of each training step; float32 [num_train_timesteps], falling. The last is 0 with zero terminal SNR. */
export function alphasCumprod(config: SchedulerConfig): Float32Array {
  const alphas = betas(config).map((beta) => 1 - beta);
  return cumulativeProduct(config.rescale_betas_zero_snr ? rescaleToZeroSnr(alphas) : alphas);
}

/** A model that predicts noise says nothing of the image where there is nothing but noise: x0 would be 0/0. */
export function refuseNoiseFromNothing({ prediction_type }: SchedulerConfig, firstAlpha: number): void {
  if (prediction_type === 'epsilon' && firstAlpha === 0) {
    throw new RangeError(
      'a model that predicts noise cannot start where there is nothing but noise (zero terminal SNR)',
    );
  }
}

/** The time steps to visit, falling, in training steps. Whole numbers, but for `linspace`, which leaves them unrounded. */
export function spacedTimesteps(
  config: SchedulerConfig,
  spacing: 'leading' | 'linspace' | 'trailing',
  steps: number,
): number[] {
  const { num_train_timesteps: train, steps_offset: offset } = config;
  if (steps > train) throw new RangeError(`${steps} steps, but the model was trained with ${train}`);
  const indices = Array.from({ length: steps }, (_, i) => i);
  switch (spacing) {
    case 'trailing': {
      // As np.arange counts: by the difference of its first two values, which decides how halves are rounded.
      const stride = train - (train - train / steps);
      return indices.map((i) => roundHalfEven(train - i * stride) - 1);
    }
    case 'leading':
      return indices.map((i) => (steps - 1 - i) * Math.floor(train / steps) + offset);
    case 'linspace': {
      // As np.linspace: multiples of a rounded stride, and an exact end.
      if (steps === 1) return [0];
      const stride = (train - 1) / (steps - 1);
      return indices.map((i) => (i === 0 ? train - 1 : (steps - 1 - i) * stride));
    }
  }
}
