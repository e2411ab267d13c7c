/** The built-in nodes, by type. A new node is a file of its own and a line here; then generate the catalogue anew. */
import { addNode } from './add.ts';
import { compelNode } from './compel.ts';
import { denoiseLatentsNode } from './denoise-latents.ts';
import { imageGridNode } from './image-grid.ts';
import { imageToLatentsNode } from './image-to-latents.ts';
import { integerNode } from './integer.ts';
import { latentsToImageNode } from './latents-to-image.ts';
import { mainModelLoaderNode } from './main-model-loader.ts';
import type { Node } from './node.ts';
import { noiseNode } from './noise.ts';
import { saveImageNode } from './save-image.ts';
import { stringNode } from './string.ts';

export const BUILTIN_NODES: ReadonlyMap<string, Node> = nodesByType([
  addNode,
  compelNode,
  denoiseLatentsNode,
  imageGridNode,
  imageToLatentsNode,
  integerNode,
  latentsToImageNode,
  mainModelLoaderNode,
  noiseNode,
  saveImageNode,
  stringNode,
]);

/** Refuses two nodes of one type: which of them ran would depend on the order of files. */
export function nodesByType(nodes: readonly Node[]): Map<string, Node> {
  const byType = new Map<string, Node>();
  for (const node of nodes) {
    const { type } = node.definition;
    if (byType.has(type)) throw new Error(`two nodes are of type '${type}'`);
    byType.set(type, node);
  }
  return byType;
}
