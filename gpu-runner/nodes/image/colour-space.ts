/**
 * Other ways to write an sRGB colour, every part on a scale of 0 to 255 and as a real number, so that there and back is
 * the same colour: 8-bit hue alone could not tell 360 degrees apart.
 */

type Triple = readonly [number, number, number];
type Quadruple = readonly [number, number, number, number];

export interface ColourSpace<Parts extends readonly number[] = readonly number[]> {
  /** From red, green and blue: whole numbers, 0 to 255. */
  from(r: number, g: number, b: number): Parts;
  /** Back; the result may lie beyond 0 to 255 where sRGB has no such colour. */
  to(parts: Parts): Triple;
}

/** Hue 0 to 255 stands for 0 to 360 degrees. */
const HSV: ColourSpace<Triple> = {
  from(r, g, b) {
    const value = Math.max(r, g, b);
    const span = value - Math.min(r, g, b);
    if (span === 0) return [0, 0, value];
    const sector = value === r ? (g - b) / span : value === g ? 2 + (b - r) / span : 4 + (r - g) / span;
    return [(((sector + 6) % 6) / 6) * 255, (span / value) * 255, value];
  },
  to([hue, saturation, value]) {
    // Each of the three is full for a third of the circle, none for another, and rises and falls in between.
    const part = (offset: number) => {
      const sector = (offset + (hue / 255) * 6) % 6;
      return value * (1 - (saturation / 255) * Math.max(0, Math.min(sector, 4 - sector, 1)));
    };
    return [part(5), part(3), part(1)];
  },
};

/** JPEG's: full range, ITU-R 601. */
const YCBCR: ColourSpace<Triple> = {
  from: (r, g, b) => [
    0.299 * r + 0.587 * g + 0.114 * b,
    128 + (-0.299 * r - 0.587 * g + 0.886 * b) / 1.772,
    128 + (0.701 * r - 0.587 * g - 0.114 * b) / 1.402,
  ],
  to([y, cb, cr]) {
    const r = y + 1.402 * (cr - 128);
    const b = y + 1.772 * (cb - 128);
    return [r, (y - 0.299 * r - 0.114 * b) / 0.587, b];
  },
};

/** Without a profile, as Pillow has it: black is none until something adds it. */
const CMYK: ColourSpace<Quadruple> = {
  from: (r, g, b) => [255 - r, 255 - g, 255 - b, 0],
  to([c, m, y, k]) {
    const light = (ink: number) => ((255 - ink) * (255 - k)) / 255;
    return [light(c), light(m), light(y)];
  },
};

/** Of every byte, from 0 to 1. */
const LINEAR = Float64Array.from({ length: 256 }, (_, byte) =>
  byte <= 0.04045 * 255 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4,
);
const gamma = (value: number): number =>
  255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

/** White point D50, of the profile connection space, and sRGB's primaries adapted to it (ICC's sRGB profile). */
const WHITE: Triple = [0.96422, 1, 0.82521];
const BENT = 216 / 24_389;
const SLOPE = 24_389 / 27;

/** CIE L*a*b*: lightness 0 to 100 as 0 to 255; a* and b* in their own unit with 128 added, so that gray is 128. */
const LAB: ColourSpace<Triple> = {
  from(red, green, blue) {
    const [r, g, b] = [LINEAR[red] as number, LINEAR[green] as number, LINEAR[blue] as number];
    const f = (t: number) => (t > BENT ? Math.cbrt(t) : (SLOPE * t + 16) / 116);
    const x = f((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / WHITE[0]);
    const y = f((0.2225045 * r + 0.7168786 * g + 0.0606169 * b) / WHITE[1]);
    const z = f((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / WHITE[2]);
    return [(116 * y - 16) * 2.55, 500 * (x - y) + 128, 200 * (y - z) + 128];
  },
  to([lightness, a, b]) {
    const fy = (lightness / 2.55 + 16) / 116;
    const t = (f: number) => (f ** 3 > BENT ? f ** 3 : (116 * f - 16) / SLOPE);
    const x = t(fy + (a - 128) / 500) * WHITE[0];
    const y = t(fy) * WHITE[1];
    const z = t(fy - (b - 128) / 200) * WHITE[2];
    return [
      gamma(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
      gamma(-0.9787684 * x + 1.9161415 * y + 0.033454 * z),
      gamma(0.0719453 * x - 0.2289914 * y + 1.4052427 * z),
    ];
  },
};

export const COLOUR_SPACES = { HSV, YCbCr: YCBCR, CMYK, LAB } as const;
