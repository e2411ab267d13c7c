/** Median cut: the colours of an image are divided in two where they differ most, again and again until there are enough. */
import { type Color, color, defineNode, float, image, integer, listOf, readRaster, toMode } from 'switchyard/nodes';

/** Pixels of about one colour: their number, and the sums of their channels. */
interface Pixels {
  count: number;
  r: number;
  g: number;
  b: number;
}

const CHANNELS = ['r', 'g', 'b'] as const;

const total = (of: readonly Pixels[]): Pixels =>
  of.reduce((sum, { count, r, g, b }) => ({ count: sum.count + count, r: sum.r + r, g: sum.g + g, b: sum.b + b }), {
    count: 0,
    r: 0,
    g: 0,
    b: 0,
  });

/** Colours that will stand as one, and what dividing them is worth. */
class Box {
  readonly #parts: readonly Pixels[];
  readonly sum: Pixels;
  /** The channel in which they differ most; by how much, times how many pixels. */
  readonly channel: (typeof CHANNELS)[number] = 'r';
  readonly weight: number = -1;

  constructor(parts: readonly Pixels[]) {
    this.#parts = parts;
    this.sum = total(parts);
    for (const channel of CHANNELS) {
      let [least, most] = [255, 0];
      for (const part of parts) {
        least = Math.min(least, part[channel] / part.count);
        most = Math.max(most, part[channel] / part.count);
      }
      const weight = (most - least) * this.sum.count;
      if (weight > this.weight) [this.channel, this.weight] = [channel, weight];
    }
  }

  get color(): Color {
    const { count, r, g, b } = this.sum;
    return { r: Math.round(r / count), g: Math.round(g / count), b: Math.round(b / count), a: 255 };
  }

  /** With about half of the pixels on each side. */
  halves(): [Box, Box] {
    const sorted = this.#parts.toSorted((x, y) => x[this.channel] / x.count - y[this.channel] / y.count);
    let [at, seen] = [0, 0];
    for (const { count } of sorted.slice(0, -1)) {
      if (seen >= this.sum.count / 2) break;
      seen += count;
      at++;
    }
    return [new Box(sorted.slice(0, at)), new Box(sorted.slice(at))];
  }
}

export const palette = defineNode({
  type: 'palette',
  version: '1.0.0',
  title: 'Palette',
  category: 'colour',
  description: 'The few colours that stand best for an image, the most frequent first.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    count: integer({ default: 8, minimum: 1, maximum: 64, description: 'Colours at most.' }),
  },
  output_type: 'palette_output',
  outputs: {
    colors: listOf(color({}), { description: 'The colours.' }),
    shares: listOf(float({}), { description: 'The part of the image that each stands for, from 0 to 1.' }),
  },
  invoke: async ({ image, count }, context) => {
    const { width, height, data } = toMode(await readRaster(context, image), 'RGB');
    const byColor = new Map<number, Pixels>();
    for (let at = 0; at < data.length; at += 3) {
      if (at % (width * 3 * 256) === 0) await context.checkpoint();
      const [r, g, b] = data.subarray(at, at + 3) as unknown as [number, number, number];
      // Five bits of each channel tell colours apart.
      const key = ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
      const pixels = byColor.get(key);
      if (pixels === undefined) byColor.set(key, { count: 1, r, g, b });
      else {
        pixels.count++;
        pixels.r += r;
        pixels.g += g;
        pixels.b += b;
      }
    }
    const boxes = [new Box([...byColor.values()])];
    while (boxes.length < count) {
      await context.checkpoint();
      boxes.sort((x, y) => x.weight - y.weight);
      const box = boxes.pop();
      if (box === undefined) break;
      // Nothing differs any more.
      if (box.weight === 0) {
        boxes.push(box);
        break;
      }
      boxes.push(...box.halves());
    }
    boxes.sort((x, y) => y.sum.count - x.sum.count);
    return {
      colors: boxes.map((box) => box.color),
      shares: boxes.map((box) => box.sum.count / (width * height)),
    };
  },
});
