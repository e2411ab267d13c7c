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

/** High and low 32 bits of a product of two unsigned 32-bit numbers, in `out`. */
function multiply(a: number, b: number, out: Uint32Array): void {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middle2 = aLow * bHigh + (middle % 0x10000);
  out[0] = aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000);
  out[1] = Math.imul(a, b);
}

const product = new Uint32Array(2);

/** One block of four random words. `counter` and `key` are as in the paper. */
export function philox(counter: readonly number[], key: readonly number[]): Uint32Array {
  const words = Uint32Array.from(counter);
  const keys = Uint32Array.from(key);
  for (let round = 0; round < 10; round++) {
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
    const [k0 = 0, k1 = 0] = keys;
    multiply(w0, 0xd2511f53, product);
    const [high0 = 0, low0 = 0] = product;
    multiply(w2, 0xcd9e8d57, product);
    const [high1 = 0, low1 = 0] = product;
    words[0] = high1 ^ w1 ^ k0;
    words[1] = low1;
    words[2] = high0 ^ w3 ^ k1;
    words[3] = low0;
    keys[0] = k0 + 0x9e3779b9;
    keys[1] = k1 + 0xbb67ae85;
  }
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
  for (let i = 0; i < count; i += 4) {
    const words = philox([i / 4, 0, 0, 0], [seed, stream]);
    for (let pair = 0; pair < 4 && i + pair < count; pair += 2) {
      const radius = Math.sqrt(-2 * logarithm(((words[pair] ?? 0) + 1) / WORD));
      const [cosine, sine] = circle((words[pair + 1] ?? 0) / WORD);
      values[i + pair] = radius * cosine;
      // Writing past the end of a typed array does nothing, which is right for an odd count.
      values[i + pair + 1] = radius * sine;
    }
  }
  return values;
}
