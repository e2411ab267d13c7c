import { defineNode } from '../define-node.ts';
import { color, image, integer, string } from '../fields.ts';
import { decodeRaster, imageHeader } from './image-codec.ts';
import { channelsOf, type Raster, toMode } from './raster.ts';

export const imageInfoNode = defineNode({
  type: 'image_info',
  version: '1.0.0',
  title: 'Image Info',
  category: 'image',
  description: 'What can be said about an image: its size, format, mode and mean colour.',
  deterministic: true,
  inputs: { image: image({ description: 'The image.' }) },
  output_type: 'image_info_output',
  outputs: {
    width: integer({ description: 'Width as shown, in pixels.' }),
    height: integer({ description: 'Height as shown, in pixels.' }),
    channels: integer({ description: 'Channels: 1 for gray, 3 for colour, 4 with alpha.' }),
    mode: string({ description: 'L (gray), RGB or RGBA.' }),
    format: string({ description: 'Format of the file, e.g. "png".' }),
    bytes: integer({ description: 'Size of the file, in bytes.' }),
    mean_color: color({ description: 'The mean colour; pixels count by their alpha, whose mean is given too.' }),
  },
  invoke: async ({ image }, context) => {
    const file = await context.assets.read(image.image_name);
    const { format } = await imageHeader(file);
    const raster = await decodeRaster(file);
    const { width, height, mode } = raster;
    return {
      width,
      height,
      channels: channelsOf(raster),
      mode,
      format,
      bytes: file.byteLength,
      mean_color: meanColour(raster),
    };
  },
});

function meanColour(source: Raster) {
  const { data } = toMode(source, 'RGBA');
  const sums = [0, 0, 0];
  let opacity = 0;
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] as number;
    opacity += alpha;
    for (let c = 0; c < 3; c++) sums[c] = (sums[c] as number) + alpha * (data[i + c] as number);
  }
  const [r = 0, g = 0, b = 0] = sums.map((sum) => (opacity === 0 ? 0 : Math.round(sum / opacity)));
  return { r, g, b, a: Math.round(opacity / (source.width * source.height)) };
}
