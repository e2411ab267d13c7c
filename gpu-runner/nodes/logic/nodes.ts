/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { booleanLogicNode } from './boolean-logic.ts';
import { floatCompareNode } from './float-compare.ts';
import { integerCompareNode } from './integer-compare.ts';
import { stringCompareNode } from './string-compare.ts';

export const LOGIC_NODES: readonly Node[] = [booleanLogicNode, integerCompareNode, floatCompareNode, stringCompareNode];
