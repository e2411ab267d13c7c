/** What the nodes that decode and encode images share. */
import type { DiffusionModel } from '../../models/diffusion-model.ts';
import { boolean, integer } from '../fields.ts';

const TILE_MIN = 64;
const TILE_MAX = 8192;

export const VAE_FIELDS = {
  tiled: boolean({
    default: false,
    description:
      'Whether to work in overlapping tiles, which takes less memory for large images. Colours may differ slightly ' +
      'from one tile to the next.',
  }),
  tile_size: integer({
    default: 0,
    minimum: 0,
    maximum: TILE_MAX,
    multiple_of: 8,
    description: `Side of a tile in pixels, ${TILE_MIN} at least; 0 is the size that the model was trained with.`,
  }),
  fp32: boolean({
    default: false,
    title: 'FP32',
    description: 'Changes nothing: the model computes in the precision that it was exported with.',
  }),
};

/** Side of a tile in latent pixels; everything is one tile when it is not to be tiled. */
export function tileOf(model: DiffusionModel, { tiled, tile_size }: { tiled: boolean; tile_size: number }): number {
  if (!tiled) return Number.POSITIVE_INFINITY;
  if (tile_size !== 0 && tile_size < TILE_MIN)
    throw new RangeError(`tile_size is ${tile_size}: it is at least ${TILE_MIN}, or 0 for the model's own`);
  return Math.floor((tile_size || model.trainedSide) / model.downFactor);
}
