/** Encoded prompts, brought together for one call of the U-Net. */
import { concatenate } from './floats.ts';
import type { Conditioning } from './latents.ts';

/** Tokens of what prompts are brought together to: each costs the U-Net's every attention. */
const TOKENS_MAX = 8192;

/** One after the other, along the tokens: the network attends to all of them at once. */
export function joined(prompts: readonly Conditioning[]): Conditioning {
  const [first, ...others] = prompts;
  if (!first) throw new Error('the list of conditionings is empty: give one at least');
  if (others.length === 0) return first;
  const [batch, , features] = first.shape;
  if (others.some(({ shape }) => shape[0] !== batch || shape[2] !== features))
    throw new Error(`conditionings of different models do not go together: ${shapes(prompts)}`);
  const tokens = prompts.reduce((sum, { shape }) => sum + shape[1], 0);
  if (tokens > TOKENS_MAX)
    throw new Error(`the conditionings have ${tokens} tokens together; ${TOKENS_MAX} are the most`);
  return { shape: [batch, tokens, features], data: concatenate(prompts.map(({ data }) => data)) };
}

/**
 * Prompts of different lengths, each repeated as a whole until they are equally long. Attention weighs tokens against
 * each other, so a prompt that stands there twice says exactly what it says once: this is InvokeAI's padding with a
 * mask, for networks that take no mask.
 */
export function alike(prompts: readonly Conditioning[]): Conditioning[] {
  const lengths = prompts.map(({ shape }) => shape[1]);
  const common = lengths.reduce((a, b) => (a * b) / greatestCommonDivisor(a, b));
  if (common > TOKENS_MAX) {
    throw new Error(`prompts of ${lengths.join(' and ')} tokens do not go together: shorten the longer one`);
  }
  return prompts.map(({ shape: [batch, tokens, features], data }) => ({
    shape: [batch, common, features],
    data: concatenate(new Array<Float32Array>(common / tokens).fill(data)),
  }));
}

/** The branches one after the other, each repeated for every latent image; [branches · batch, tokens, features]. */
export function batched(branches: readonly Conditioning[], batch: number): Conditioning {
  const [, tokens, features] = (branches[0] as Conditioning).shape;
  for (const { shape } of branches) {
    if (shape[0] !== 1 || shape[1] !== tokens || shape[2] !== features) {
      throw new Error(`positive and negative conditioning differ in shape: ${shapes(branches)}`);
    }
  }
  const data = concatenate(branches.flatMap((branch) => new Array<Float32Array>(batch).fill(branch.data)));
  return { shape: [branches.length * batch, tokens, features], data };
}

const shapes = (prompts: readonly Conditioning[]): string => prompts.map(({ shape }) => `[${shape}]`).join(', ');

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
