/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { integerNode } from './integer.ts';
import { stringNode } from './string.ts';

export const PRIMITIVE_NODES: readonly Node[] = [integerNode, stringNode];
