/**
 * Seeded random numbers that are the same on every machine: the words of Philox4x32-10 (see diffusion/noise.ts), with
 * the key (seed, 1). The second half of the key keeps them apart from the noise of the same seed.
 */
import { philox } from '../../diffusion/noise.ts';

const WORD = 2 ** 32;
const STREAM = 1;

/** Seeds as InvokeAI's: unsigned, 32 bits. */
export const SEED_MAX = WORD - 1;

export class RandomStream {
  readonly #seed: number;
  #block = 0;
  #words: Uint32Array = new Uint32Array();
  #used = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  #word(): number {
    if (this.#used === this.#words.length) {
      this.#words = philox([this.#block++, 0, 0, 0], [this.#seed, STREAM]);
      this.#used = 0;
    }
    return this.#words[this.#used++] ?? 0;
  }

  /** 53 random bits. */
  #bits(): number {
    const high = this.#word() >>> 5;
    return high * 2 ** 26 + (this.#word() >>> 6);
  }

  /** A float in [0, 1), every multiple of 2^−53 equally likely. */
  fraction(): number {
    return this.#bits() / 2 ** 53;
  }

  /** A whole number in [0, count), each equally likely; `count` is 1 to 2^53 − 1. */
  below(count: number): number {
    const [total, draw] = count <= WORD ? [WORD, () => this.#word()] : [2 ** 53, () => this.#bits()];
    // Numbers above the last multiple of `count` would favour the small remainders.
    const limit = total - (total % count);
    let number = draw();
    while (number >= limit) number = draw();
    return number % count;
  }

  /** A whole number in [low, high). Throws a RangeError when there is none, or too many to tell apart. */
  between(low: number, high: number): number {
    if (low >= high) throw new RangeError(`low (${low}) must be less than high (${high})`);
    if (!Number.isSafeInteger(high - low)) throw new RangeError('high − low must be less than 2^53');
    return low + this.below(high - low);
  }
}
