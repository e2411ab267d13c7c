/** The values that flow between the diffusion nodes. Both are ephemeral: they never leave the device. */
import type { EphemeralValue } from '../nodes/ephemeral-value.ts';

/** Latent noise or a latent image, in the scale that the U-Net works in (before division by `scaling_factor`). */
export interface Latents extends EphemeralValue {
  /** [batch, channels, height, width], in latent pixels. */
  readonly shape: readonly [number, number, number, number];
  /** Row by row, channel by channel. */
  readonly data: Float32Array;
  /** Of the noise that they were made from: what schedulers that add noise on the way draw theirs from. */
  readonly seed?: number;
}

/** Which parts of an image to keep while the rest is denoised anew. */
export interface DenoiseMask extends EphemeralValue {
  /** [1, 1, height, width], in image pixels. */
  readonly shape: readonly [number, number, number, number];
  /** 255 keeps, 0 denoises, as in InvokeAI; between them both are mixed. */
  readonly data: Uint8Array;
}

/** An encoded prompt. */
export interface Conditioning extends EphemeralValue {
  /** [batch, tokens, features]. */
  readonly shape: readonly [number, number, number];
  readonly data: Float32Array;
}

/** Image pixels to one latent pixel, in the nodes that make latents without seeing a model; as in InvokeAI. */
export const LATENT_SCALE_FACTOR = 8;

/** Channels of the latents of Stable Diffusion 1.x and 2.x, and of what is built like them. */
export const LATENT_CHANNELS = 4;
