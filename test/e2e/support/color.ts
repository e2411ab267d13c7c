/** Colours of pictures, and how different two of them look. */
import sharp from 'sharp';

export type Rgb = readonly [number, number, number];

/** What the bundled model means by its words (models/tiny-diffusion/data.py). */
export const COLORS: Record<string, Rgb> = {
  red: [224, 36, 36],
  green: [40, 170, 70],
  blue: [36, 84, 224],
  yellow: [248, 216, 32],
  purple: [140, 56, 190],
  orange: [248, 136, 24],
  cyan: [40, 205, 220],
  pink: [248, 140, 190],
  white: [248, 248, 248],
  black: [20, 20, 24],
};

export interface Picture {
  width: number;
  height: number;
  at(x: number, y: number): Rgb;
}

export async function readPicture(file: string): Promise<Picture> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const at = (x: number, y: number): Rgb => {
    const pixel = (y * width + x) * 3;
    return [data[pixel] ?? 0, data[pixel + 1] ?? 0, data[pixel + 2] ?? 0];
  };
  return { width, height, at };
}

/** CIE 1976: the distance in L*a*b*. About 2 is the least that an eye tells apart. */
export function deltaE(one: Rgb, other: Rgb): number {
  const [a, b] = [lab(one), lab(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function lab(color: Rgb): Rgb {
  const [r, g, b] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  // sRGB to XYZ, each over the white point D65.
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27) * (t / 116) + 4 / 29);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
