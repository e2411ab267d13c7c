import { defineNode } from '../define-node.ts';
import { boolean, choice, float, integer, listOf, tensor } from '../fields.ts';
import { writeRaster } from '../image/image-assets.ts';
import { newRaster } from '../image/raster.ts';
import { IMAGE_OUTPUT } from '../outputs.ts';
import { elementType, numbersOf } from './element-type.ts';
import { LAYOUTS, type Layout, perChannel, stepsOf } from './image-layout.ts';

const BLOCK = 2 ** 20;

export const tensorToImageNode = defineNode({
  type: 'tensor_to_image',
  version: '1.0.0',
  title: 'Tensor to Image',
  category: 'tensor',
  description:
    'Makes an image of a tensor with 1 channel (gray), 3 (RGB) or 4 (RGBA): pixel = element × scale + offset, from 0 to 255. Lists have one number, or one for each channel in the order of the tensor.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'Height and width, with channels, with a batch; as the layout says.' }),
    layout: choice(LAYOUTS, {
      default: 'nchw',
      description: 'Whether channels come before height and width, or last.',
    }),
    channels: choice(['rgb', 'bgr'], { default: 'rgb', description: 'The order of the colours.' }),
    index: integer({ default: 0, minimum: 0, description: 'Which image of a batch.' }),
    scale: listOf(float({}), {
      required: false,
      min_items: 1,
      max_items: 4,
      description: 'What an element is multiplied with; when absent, 255, and 1 for integers.',
    }),
    offset: listOf(float({}), { default: [0], min_items: 1, max_items: 4, description: 'What is added then.' }),
    clamp: boolean({
      default: true,
      description: 'Whether what is below 0 or above 255 is brought to that; otherwise it is an error.',
    }),
  },
  ...IMAGE_OUTPUT,
  invoke: async ({ tensor, layout, channels: order, index, clamp, ...inputs }, context) => {
    const { width, height, channels, batch } = imageShape(tensor.shape, layout);
    const plane = width * height;
    if (index >= batch) throw new RangeError(`there is no image ${index} in a batch of ${batch}`);
    const raster = newRaster(width, height, channels === 1 ? 'L' : channels === 3 ? 'RGB' : 'RGBA');
    const { kind } = elementType(tensor.type);
    const isFloat = kind === 'float' || kind === 'half';
    const factors = perChannel(channels, { scale: inputs.scale ?? [isFloat ? 255 : 1], offset: inputs.offset });
    const steps = stepsOf(layout, channels, plane);
    const source = numbersOf(tensor).subarray(index * plane * channels, (index + 1) * plane * channels);
    // Storing into this kind of array clamps, and rounds halves to even; what is no number becomes 0.
    const pixels = new Uint8ClampedArray(raster.data.buffer);
    for (let start = 0; start < plane; start += BLOCK) {
      await context.checkpoint();
      const end = Math.min(plane, start + BLOCK);
      for (const [at, { scale, offset }] of factors.entries()) {
        const target = order === 'bgr' && channels > 1 && at < 3 ? 2 - at : at;
        for (let i = start; i < end; i++) {
          const value = (source[i * steps.pixel + at * steps.channel] ?? 0) * scale + offset;
          if (!clamp && !(value >= -0.5 && value <= 255.5))
            throw new RangeError(`a pixel would be ${value}; change scale and offset, or let it be clamped`);
          pixels[i * channels + target] = value;
        }
      }
    }
    return writeRaster(context, raster);
  },
});

function imageShape(shape: readonly number[], layout: Layout) {
  const full = shape.length === 2 ? (layout === 'nchw' ? [1, 1, ...shape] : [1, ...shape, 1]) : shape;
  const [batch = 1, ...rest] = full.length === 3 ? [1, ...full] : full;
  const [channels = 0, height = 0, width = 0] = layout === 'nchw' ? rest : [rest[2], rest[0], rest[1]];
  if (rest.length !== 3 || ![1, 3, 4].includes(channels))
    throw new RangeError(
      `a tensor of shape [${shape}] is no image as ${layout}: that has 1, 3 or 4 channels and two to four axes`,
    );
  return { batch, channels, height, width };
}
