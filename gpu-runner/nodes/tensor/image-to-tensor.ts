import { defineNode } from '../define-node.ts';
import { choice, float, image, integer, listOf } from '../fields.ts';
import { flatten } from '../image/channels.ts';
import { readRaster } from '../image/image-assets.ts';
import { resampleMode } from '../image/image-fields.ts';
import { channelsOf, type Raster, SIDE_MAX, toMode } from '../image/raster.ts';
import { resample } from '../image/resample.ts';
import { checkSize, elementCount, stored, tensorOf, workspace } from './element-type.ts';
import { LAYOUTS, perChannel, stepsOf } from './image-layout.ts';
import { TENSOR_OUTPUT } from './output.ts';

/** The mode that pixels are brought to, and which of its channels the tensor has, in order. */
const CHANNELS = {
  rgb: { mode: 'RGB', order: [0, 1, 2] },
  bgr: { mode: 'RGB', order: [2, 1, 0] },
  gray: { mode: 'L', order: [0] },
  rgba: { mode: 'RGBA', order: [0, 1, 2, 3] },
} as const;
const CHANNEL_NAMES = ['rgb', 'bgr', 'gray', 'rgba'] as const;

const numbers = (value: number, description: string) =>
  listOf(float({}), { default: [value], min_items: 1, max_items: 4, description });

export const imageToTensorNode = defineNode({
  type: 'image_to_tensor',
  version: '1.0.0',
  title: 'Image to Tensor',
  category: 'tensor',
  description:
    'Makes a tensor of an image, as a model wants it: (pixel × scale + offset − mean) / std, with pixels from 0 to 255. Lists have one number, or one for each channel in the order of the tensor.',
  deterministic: true,
  inputs: {
    image: image({ description: 'The image.' }),
    layout: choice(LAYOUTS, {
      default: 'nchw',
      description: 'The order of its axes: batch (1), channels, height, width; or channels last.',
    }),
    channels: choice(CHANNEL_NAMES, {
      default: 'rgb',
      description: 'The channels; gray is 0.299 R + 0.587 G + 0.114 B. Without alpha, transparent parts are white.',
    }),
    dtype: choice(['float32', 'float16', 'uint8'], {
      default: 'float32',
      description: 'The element type. Values of uint8 are rounded and kept within 0 to 255.',
    }),
    width: integer({
      required: false,
      minimum: 1,
      maximum: SIDE_MAX,
      description: 'Pixels of width to bring it to; when absent, its own, or what keeps its proportions.',
    }),
    height: integer({
      required: false,
      minimum: 1,
      maximum: SIDE_MAX,
      description: 'Pixels of height to bring it to; when absent, its own, or what keeps its proportions.',
    }),
    resample_mode: resampleMode(),
    scale: listOf(float({}), {
      required: false,
      min_items: 1,
      max_items: 4,
      description: 'What a pixel is multiplied with; when absent, 1/255, and 1 for uint8.',
    }),
    offset: numbers(0, 'What is added then.'),
    mean: numbers(0, 'What is taken away then.'),
    std: numbers(1, 'What it is divided by at last.'),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ image, layout, channels: wanted, dtype, resample_mode, ...inputs }, context) => {
    const { offset, mean, std } = inputs;
    if (std.includes(0)) throw new RangeError('std has a 0, and nothing can be divided by it');
    const { mode, order } = CHANNELS[wanted];
    const source = await readRaster(context, image);
    const width = inputs.width ?? following(inputs.height, source.height, source.width);
    const height = inputs.height ?? following(inputs.width, source.width, source.height);
    const shape = layout === 'nchw' ? [1, order.length, height, width] : [1, height, width, order.length];
    checkSize(dtype, shape);
    const scale = inputs.scale ?? [dtype === 'uint8' ? 1 : 1 / 255];
    const tables = perChannel(order.length, { scale, offset, mean, std }).map((each) =>
      Float64Array.from({ length: 256 }, (_, pixel) => (pixel * each.scale + each.offset - each.mean) / each.std),
    );
    const pixels = await inMode(source, mode, (raster) =>
      resample(raster, width, height, resample_mode, () => context.checkpoint()),
    );
    const data = dtype === 'uint8' ? new Uint8ClampedArray(elementCount(shape)) : workspace(dtype, elementCount(shape));
    const steps = stepsOf(layout, order.length, width * height);
    const step = channelsOf(pixels);
    for (const [at, channel] of order.entries()) {
      await context.checkpoint();
      const table = tables[at] ?? [];
      for (let i = 0; i < width * height; i++)
        data[i * steps.pixel + at * steps.channel] = table[pixels.data[i * step + channel] ?? 0] ?? 0;
    }
    const elements = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer) : stored(dtype, data);
    return { tensor: tensorOf(dtype, shape, elements) };
  },
});

/** A side of which only the other is given. */
const following = (other: number | null, ownOther: number, own: number): number =>
  other === null ? own : Math.max(1, Math.round((own * other) / ownOther));

/** Resized in colour, since alpha weighs colours; made gray at last, which is less to compute on. */
async function inMode(
  source: Raster,
  mode: Raster['mode'],
  resize: (raster: Raster) => Promise<Raster>,
): Promise<Raster> {
  if (mode === 'RGBA') return resize(toMode(source, mode));
  return toMode(await resize(flatten(source)), mode);
}
