/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { compelNode } from './compel.ts';
import { denoiseLatentsNode } from './denoise-latents.ts';
import { imageToLatentsNode } from './image-to-latents.ts';
import { latentsToImageNode } from './latents-to-image.ts';
import { mainModelLoaderNode } from './main-model-loader.ts';
import { noiseNode } from './noise.ts';

export const DIFFUSION_NODES: readonly Node[] = [
  compelNode,
  denoiseLatentsNode,
  imageToLatentsNode,
  latentsToImageNode,
  mainModelLoaderNode,
  noiseNode,
];
