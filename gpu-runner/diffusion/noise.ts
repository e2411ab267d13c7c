/**
 * Seeded normal noise that is the same on every machine: Philox4x32-10 (Salmon et al., "Parallel random numbers: as
 * easy as 1, 2, 3", SC 2011) and Box–Muller. JavaScript fixes the result of + − × ÷ and √ to the last bit, but not
 * that of Math.log, Math.sin and Math.cos, so those are computed here from the former.
 *
 * Value 2i and 2i+1 come from words 2i and 2i+1 (a, b) of the stream whose key is (seed, stream) and whose counter is
 * (block, 0, 0, 0), four words a block: r = √(−2 ln((a+1)/2³²)), φ = 2π·b/2³², giving r·cos φ and r·sin φ as float32.
 * Stream 0 of a seed is its latent noise; stream n+1 is what a scheduler adds in step n.
 */

const WORD = 2 ** 32;

/** The high 32 bits of a product of two unsigned 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle2 = aLow * bHigh + (middle % 0x10000);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000);
}

/** Four words, in place: the counter becomes the block. Allocates nothing, as large noise has a million blocks. */
function philoxRounds(words: Uint32Array, key0: number, key1: number): void {
  let [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = [highProduct(w0, 0xd2511f53), Math.imul(w0, 0xd2511f53)];
    const [high1, low1] = [highProduct(w2, 0xcd9e8d57), Math.imul(w2, 0xcd9e8d57)];
    w0 = (high1 ^ w1 ^ (key0 + round * 0x9e3779b9)) >>> 0;
    w1 = low1 >>> 0;
    w2 = (high0 ^ w3 ^ (key1 + round * 0xbb67ae85)) >>> 0;
    w3 = low0 >>> 0;
  }
  words[0] = w0;
  words[1] = w1;
  words[2] = w2;
  words[3] = w3;
}

/** One block of four random words. `counter` and `key` are as in the paper. */
export function philox(counter: readonly number[], key: readonly number[]): Uint32Array {
  const words = Uint32Array.from(counter);
  philoxRounds(words, key[0] ?? 0, key[1] ?? 0);
  return words;
}

/** Natural logarithm of a number in (0, 1]: m·2^−k with m in [1, 2), then 2·artanh((m−1)/(m+1)) by its series. */
function logarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < 1) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const square = t * t;
  let sum = 0;
  // |t| ≤ 1/3: 18 terms leave an error below 1e-18
  for (let n = 35; n >= 1; n -= 2) sum = sum * square + 1 / n;
  return exponent * Math.LN2 + 2 * t * sum;
}

/** Cosine and sine of 2π·turn, for turn in [0, 1): by quarter turns, and Taylor series within ±1/8 turn. */
function circle(turn: number): [cosine: number, sine: number] {
  const quarter = Math.round(turn * 4);
  const angle = (turn - quarter / 4) * 2 * Math.PI;
  const square = angle * angle;
  let cosine = 1;
  let sine = 1;
  // |angle| ≤ π/4: the last term is below 1e-17
  for (let n = 16; n >= 2; n -= 2) {
    cosine = 1 - (square / (n * (n - 1))) * cosine;
    sine = 1 - (square / (n * (n + 1))) * sine;
  }
  sine *= angle;
  switch (quarter % 4) {
    case 0:
      return [cosine, sine];
    case 1:
      return [-sine, cosine];
    case 2:
      return [-cosine, -sine];
    default:
      return [sine, -cosine];
  }
}

/** `count` values of mean 0 and variance 1. `seed` and `stream` are unsigned 32-bit integers. */
export function normalNoise(seed: number, count: number, stream = 0): Float32Array {
  const values = new Float32Array(count);
  fill(values, 0, count, seed, stream);
  return values;
}

/** Values between two calls of `checkpoint`: some tens of milliseconds. A multiple of a block. */
const STRETCH = 2 ** 18;

/** The same values, with a look at what came in meanwhile now and then: at the largest image there are four million. */
export async function normalNoiseInStretches(
  seed: number,
  count: number,
  checkpoint: () => Promise<void>,
): Promise<Float32Array> {
  const values = new Float32Array(count);
  for (let from = 0; from < count; from += STRETCH) {
    await checkpoint();
    fill(values, from, Math.min(from + STRETCH, count), seed, 0);
  }
  return values;
}

/** Values `from` (a multiple of four) to `to`, exclusive. */
function fill(values: Float32Array, from: number, to: number, seed: number, stream: number): void {
  const words = new Uint32Array(4);
  for (let i = from; i < to; i += 4) {
    words.fill(0);
    words[0] = i / 4;
    philoxRounds(words, seed, stream);
    for (let pair = 0; pair < 4 && i + pair < to; pair += 2) {
      const radius = Math.sqrt(-2 * logarithm(((words[pair] ?? 0) + 1) / WORD));
      const [cosine, sine] = circle((words[pair + 1] ?? 0) / WORD);
      values[i + pair] = radius * cosine;
      // Writing past the end of a typed array does nothing, which is right for an odd count.
      values[i + pair + 1] = radius * sine;
    }
  }
}
