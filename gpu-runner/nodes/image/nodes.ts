/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { imageGridNode } from './image-grid.ts';
import { saveImageNode } from './save-image.ts';

export const IMAGE_NODES: readonly Node[] = [imageGridNode, saveImageNode];
