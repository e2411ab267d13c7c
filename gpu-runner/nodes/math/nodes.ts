/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { addNode } from './add.ts';

export const MATH_NODES: readonly Node[] = [addNode];
