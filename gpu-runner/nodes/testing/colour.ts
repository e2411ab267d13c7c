/** Colours of the prompts that tiny-diffusion knows, and how far a pixel is from them. */

const BASE = {
  red: [224, 36, 36],
  green: [40, 170, 70],
  blue: [36, 84, 224],
  yellow: [248, 216, 32],
  white: [248, 248, 248],
} as const;

/** The second tone of a striped or dotted background is 78 % of the first (models/tiny-diffusion/data.py). */
const shade = (rgb: readonly number[]): number[] => rgb.map((value) => Math.round(value * 0.78));

export const COLOURS = { ...BASE, 'blue shade': shade(BASE.blue), 'yellow shade': shade(BASE.yellow) };

/** CIE L*a*b* of 8-bit sRGB, white point D65. */
function lab(rgb: readonly number[]): [number, number, number] {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** ΔE*ab (CIE 1976); about 2 can just be seen. */
export function colourDistance(a: readonly number[], b: readonly number[]): number {
  const [one, two] = [lab(a), lab(b)];
  return Math.hypot(one[0] - two[0], one[1] - two[1], one[2] - two[2]);
}
