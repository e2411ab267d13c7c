/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { blendLatentsNode } from './blend-latents.ts';
import { compelNode } from './compel.ts';
import { conditioningNode } from './conditioning.ts';
import { conditioningCollectionNode } from './conditioning-collection.ts';
import { createDenoiseMaskNode } from './create-denoise-mask.ts';
import { cropLatentsNode } from './crop-latents.ts';
import { denoiseLatentsNode } from './denoise-latents.ts';
import { idealSizeNode } from './ideal-size.ts';
import { imageToLatentsNode } from './image-to-latents.ts';
import { latentsToImageNode } from './latents-to-image.ts';
import { mainModelLoaderNode } from './main-model-loader.ts';
import { noiseNode } from './noise.ts';
import { resizeLatentsNode } from './resize-latents.ts';
import { scaleLatentsNode } from './scale-latents.ts';

export const DIFFUSION_NODES: readonly Node[] = [
  blendLatentsNode,
  compelNode,
  conditioningNode,
  conditioningCollectionNode,
  createDenoiseMaskNode,
  cropLatentsNode,
  denoiseLatentsNode,
  idealSizeNode,
  imageToLatentsNode,
  latentsToImageNode,
  mainModelLoaderNode,
  noiseNode,
  resizeLatentsNode,
  scaleLatentsNode,
];
