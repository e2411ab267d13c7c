/**
 * Noise levels as the ratio of noise to image, σ = √((1−ᾱ)/ᾱ): what Euler and DPM-Solver step along. With the float32
 * rounding of diffusers.
 */
import { alphasCumprod, type SchedulerConfig } from './schedule.ts';

const { fround } = Math;

/** Stands in for ᾱ = 0, so that the largest σ (4096) is finite; diffusers' number. */
const SMALLEST_ALPHA = 2 ** -24;

/** The exponent of Karras et al. (2022), as in the paper. */
const RHO = 7;

/** σ of each training step; float32 [num_train_timesteps], rising. */
export function trainedSigmas(config: SchedulerConfig): Float32Array {
  const alphas = alphasCumprod(config);
  if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = SMALLEST_ALPHA;
  return alphas.map((alpha) => Math.sqrt(fround(fround(1 - alpha) / alpha)));
}

/** The value of a table at a place between its indices. */
export function interpolate(table: Float32Array, at: number): number {
  const below = Math.floor(at);
  const [low = 0, high = low] = [table[below], table[Math.min(below + 1, table.length - 1)]];
  return low + (high - low) * (at - below);
}

/** Karras et al., "Elucidating the design space" (2022), equation 5: close together where σ is small. Falling. */
export function karrasSigmas(smallest: number, largest: number, steps: number): number[] {
  const [from, to] = [largest ** (1 / RHO), smallest ** (1 / RHO)];
  return Array.from({ length: steps }, (_, i) => (from + (steps === 1 ? 0 : i / (steps - 1)) * (to - from)) ** RHO);
}

/** The training step, with its fraction, that has a σ: interpolated between the logarithms of the trained ones. */
export function timestepOfSigma(trained: Float32Array): (sigma: number) => number {
  const logarithms = trained.map(Math.log);
  return (sigma) => {
    const wanted = Math.log(sigma);
    const above = logarithms.findIndex((value) => value > wanted);
    const last = logarithms.length - 2;
    const low = Math.min(Math.max((above < 0 ? logarithms.length : above) - 1, 0), last);
    const [from = 0, to = 0] = [logarithms[low], logarithms[low + 1]];
    const share = Math.min(Math.max((from - wanted) / (from - to), 0), 1);
    return (1 - share) * low + share * (low + 1);
  };
}
