/** A helper: files whose names begin with "_" are not looked into for nodes. */

export type Rgb = readonly [number, number, number];

/** By squared distance, green counting most, as for an eye. */
export function nearestColor(colors: readonly Rgb[], [r = 0, g = 0, b = 0]: readonly number[]): Rgb {
  let nearest: Rgb = [0, 0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (const each of colors) {
    const distance = 2 * (each[0] - r) ** 2 + 4 * (each[1] - g) ** 2 + 3 * (each[2] - b) ** 2;
    if (distance < least) [nearest, least] = [each, distance];
  }
  return nearest;
}
