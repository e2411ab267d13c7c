/** Floyd and Steinberg's error diffusion: what a pixel's new colour lacks is made up for by its neighbours. */
import {
  color,
  defineNode,
  float,
  IMAGE_OUTPUT,
  image,
  listOf,
  newRaster,
  readRaster,
  toMode,
  writeRaster,
} from 'switchyard/nodes';
import { nearestColor } from './_nearest-color.ts';

function add(to: Float32Array, at: number, value: number): void {
  to[at] = Number(to[at]) + value;
}

export const dither = defineNode({
  type: 'dither',
  version: '1.0.0',
  title: 'Dither',
  category: 'colour',
  description: 'Draws an image with the given colours alone, mixed by dots where it needs others.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    colors: listOf(color({}), { min_items: 1, max_items: 64, description: 'The colours to draw with.' }),
    strength: float({
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'How much of the difference the neighbours take: 0 leaves flat areas.',
      ui: { component: 'slider' },
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ image, colors, strength }, context) => {
    const { width, height, data } = toMode(await readRaster(context, image), 'RGB');
    const result = newRaster(width, height, 'RGB');
    const from = Array.from(colors, ({ r, g, b }) => [r, g, b] as const);
    // What is still owed to each channel of this row and of the next, with a pixel more on each side.
    let [owed, below] = [new Float32Array((width + 2) * 3), new Float32Array((width + 2) * 3)];
    for (let y = 0; y < height; y++) {
      if (y % 8 === 0) {
        await context.checkpoint();
        await context.progress({ message: 'Dithering', percentage: y / height });
      }
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * 3;
        const wanted = [0, 1, 2].map((channel) => Number(data[at + channel]) + Number(owed[x * 3 + 3 + channel]));
        const chosen = nearestColor(from, wanted);
        result.data.set(chosen, at);
        for (const [channel, value] of chosen.entries()) {
          const part = ((Number(wanted[channel]) - value) * strength) / 16;
          const slot = x * 3 + 3 + channel;
          add(owed, slot + 3, part * 7);
          add(below, slot - 3, part * 3);
          add(below, slot, part * 5);
          add(below, slot + 3, part);
        }
      }
      [owed, below] = [below, owed.fill(0)];
    }
    return writeRaster(context, result);
  },
});
