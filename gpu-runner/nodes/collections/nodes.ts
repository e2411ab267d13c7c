/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';

export const COLLECTION_NODES: readonly Node[] = [];
