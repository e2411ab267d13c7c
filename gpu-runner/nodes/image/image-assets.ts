/** Images of a session as pixels, and back. */
import type { InvocationContext } from '../node.ts';
import { decodeRaster, encodeRaster } from './image-codec.ts';
import { type Raster, toMode } from './raster.ts';

interface ImageReference {
  image_name: string;
}

export async function readRaster(context: InvocationContext, { image_name }: ImageReference): Promise<Raster> {
  const raster = await decodeRaster(await context.assets.read(image_name));
  await context.checkpoint();
  return raster;
}

/** A mask: gray, white where it selects. Colours count by their luma; alpha does not count. */
export const readMask = async (context: InvocationContext, image: ImageReference): Promise<Raster> =>
  toMode(await readRaster(context, image), 'L');

/** Stores the pixels as PNG; the values of IMAGE_OUTPUT. */
export async function writeRaster(context: InvocationContext, raster: Raster) {
  await context.checkpoint();
  const image_name = await context.assets.write(await encodeRaster(raster), 'image/png');
  return { image: { image_name }, width: raster.width, height: raster.height };
}
