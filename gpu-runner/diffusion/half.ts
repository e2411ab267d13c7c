/** IEEE 754 half precision. Node 22 has no Float16Array; onnxruntime takes and gives float16 as the bits, in a Uint16Array. */

const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);

/** Rounds to nearest, halves to even; what is too large becomes infinite. */
function halfBits(value: number): number {
  asFloat[0] = value;
  const all = bits[0] ?? 0;
  const sign = (all >>> 16) & 0x8000;
  const rest = all & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00;
  // 65520 is half-way between the largest half and infinity.
  if (rest >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the spacing is fixed at 2^-24: let float32 addition do the rounding at that spacing.
  if (rest < 0x38800000) {
    asFloat[0] = Math.abs(value) + 0.5;
    return sign | ((bits[0] ?? 0) - 0x3f000000);
  }
  return sign | ((rest - 0x38000000 + 0xfff + ((rest >>> 13) & 1)) >>> 13);
}

function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// Not by `from`, which first makes a list of all elements: that of a large tensor is more than the heap holds.
export function toHalf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = halfBits(values[i] ?? 0);
  return halves;
}

export function fromHalf(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = halfValue(halves[i] ?? 0);
  return values;
}
