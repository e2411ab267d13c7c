/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';

export const ONNX_NODES: readonly Node[] = [];
