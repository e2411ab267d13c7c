/** One channel of one colour space, changed for a whole image: what the nodes for channels share. */
import { choice } from '../fields.ts';
import type { InvocationContext } from '../node.ts';
import { tableOf } from './channels.ts';
import { COLOUR_SPACES, type ColourSpace } from './colour-space.ts';
import { type Raster, toByte, toMode } from './raster.ts';
import { inSlices } from './slices.ts';

/** As InvokeAI names them. */
const CHANNELS = {
  'Red (RGBA)': ['RGBA', 0],
  'Green (RGBA)': ['RGBA', 1],
  'Blue (RGBA)': ['RGBA', 2],
  'Alpha (RGBA)': ['RGBA', 3],
  'Cyan (CMYK)': ['CMYK', 0],
  'Magenta (CMYK)': ['CMYK', 1],
  'Yellow (CMYK)': ['CMYK', 2],
  'Black (CMYK)': ['CMYK', 3],
  'Hue (HSV)': ['HSV', 0],
  'Saturation (HSV)': ['HSV', 1],
  'Value (HSV)': ['HSV', 2],
  'Luminosity (LAB)': ['LAB', 0],
  'A (LAB)': ['LAB', 1],
  'B (LAB)': ['LAB', 2],
  'Y (YCbCr)': ['YCbCr', 0],
  'Cb (YCbCr)': ['YCbCr', 1],
  'Cr (YCbCr)': ['YCbCr', 2],
} as const satisfies Record<string, readonly [keyof typeof COLOUR_SPACES | 'RGBA', number]>;

export type ColourChannel = keyof typeof CHANNELS;
const NAMES = Object.keys(CHANNELS) as [ColourChannel, ...ColourChannel[]];

export const colourChannel = () => choice(NAMES, { description: 'The channel, every one on a scale of 0 to 255.' });

/** What becomes of a value of 0 to 255; what lies beyond is kept within. */
type Change = (value: number) => number;

/** The other channels of the colour space stay, and so does alpha unless it is the one. Gray becomes colour. */
export async function changeChannel(
  source: Raster,
  name: ColourChannel,
  change: Change,
  context: InvocationContext,
): Promise<Raster> {
  const [space, index] = CHANNELS[name];
  if (space === 'RGBA') return changeByte(source, index, change);
  // Cb and Cr of full blue and red are 255.5.
  const within: Change = (value) => Math.min(Math.max(255, value), Math.max(0, change(value)));
  return changeColours(source, COLOUR_SPACES[space], index, within, context);
}

function changeByte(source: Raster, index: number, change: Change): Raster {
  const result = toMode(source, index === 3 || source.mode === 'RGBA' ? 'RGBA' : 'RGB');
  const table = tableOf(change);
  const data = result.data.slice();
  const step = result.mode === 'RGBA' ? 4 : 3;
  for (let i = index; i < data.length; i += step) data[i] = table[data[i] as number] as number;
  return { ...result, data };
}

/** `change` may leave 0 to 255 where the colour space knows what that means. */
export async function changeColours(
  source: Raster,
  space: ColourSpace,
  index: number,
  change: Change,
  context: InvocationContext,
): Promise<Raster> {
  const colours = source.mode === 'L' ? toMode(source, 'RGB') : source;
  const step = colours.mode === 'RGBA' ? 4 : 3;
  const data = colours.data.slice();
  const work = (from: number, to: number) => {
    for (let i = from * step; i < to * step; i += step) {
      const parts = [...space.from(data[i] as number, data[i + 1] as number, data[i + 2] as number)];
      parts[index] = change(parts[index] as number);
      const [r, g, b] = space.to(parts);
      data[i] = toByte(r);
      data[i + 1] = toByte(g);
      data[i + 2] = toByte(b);
    }
  };
  await inSlices(colours.width * colours.height, () => context.checkpoint(), work, 32);
  return { ...colours, data };
}
