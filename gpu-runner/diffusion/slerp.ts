/** As cosines: beyond this two vectors are too close to parallel for the arc between them to be told from a line. */
const PARALLEL = 0.9995;

/**
 * Shoemake, "Animating rotation with quaternion curves" (1985): along the arc from `a` (0) to `b` (1), on which the
 * length stays that of unit noise, where a straight line would make it weaker. Along a line where they are parallel.
 */
export function slerp(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const dot = (one: Float32Array, other: Float32Array) =>
    one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  // NaN where one of them is zero, and has no direction.
  if (!(Math.abs(cosine) <= PARALLEL)) return a.map((value, i) => (1 - share) * value + share * (b[i] ?? 0));
  const angle = Math.acos(cosine);
  const [fromA, fromB] = [Math.sin((1 - share) * angle), Math.sin(share * angle)].map((part) => part / Math.sin(angle));
  return a.map((value, i) => (fromA ?? 0) * value + (fromB ?? 0) * (b[i] ?? 0));
}
