/** How two colours mix, from 0 to 1: base first, upper layer second (W3C Compositing and Blending Level 1, section 9). */
export type Blend = (base: number, upper: number) => number;

const multiply: Blend = (base, upper) => base * upper;
const screen: Blend = (base, upper) => base + upper - base * upper;
const hardLight: Blend = (base, upper) => (upper <= 0.5 ? multiply(base, 2 * upper) : screen(base, 2 * upper - 1));

const softLight: Blend = (base, upper) => {
  if (upper <= 0.5) return base - (1 - 2 * upper) * base * (1 - base);
  const lift = base <= 0.25 ? ((16 * base - 12) * base + 4) * base : Math.sqrt(base);
  return base + (2 * upper - 1) * (lift - base);
};

export const BLENDS = {
  normal: (_, upper) => upper,
  multiply,
  screen,
  overlay: (base, upper) => hardLight(upper, base),
  darken: Math.min,
  lighten: Math.max,
  color_dodge: (base, upper) => (base === 0 ? 0 : upper === 1 ? 1 : Math.min(1, base / (1 - upper))),
  color_burn: (base, upper) => (base === 1 ? 1 : upper === 0 ? 0 : 1 - Math.min(1, (1 - base) / upper)),
  hard_light: hardLight,
  soft_light: softLight,
  difference: (base, upper) => Math.abs(base - upper),
  exclusion: (base, upper) => base + upper - 2 * base * upper,
  add: (base, upper) => Math.min(1, base + upper),
  subtract: (base, upper) => Math.max(0, base - upper),
} as const satisfies Record<string, Blend>;

export type BlendMode = keyof typeof BLENDS;
export const BLEND_MODES = Object.keys(BLENDS) as [BlendMode, ...BlendMode[]];
