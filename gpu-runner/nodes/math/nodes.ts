/** The nodes of this folder; each is a file of its own and a line here. */
import type { Node } from '../node.ts';
import { addNode } from './add.ts';
import { clampFloatNode } from './clamp-float.ts';
import { clampIntegerNode } from './clamp-integer.ts';
import { divNode } from './div.ts';
import { floatMathNode } from './float-math.ts';
import { floatToIntNode } from './float-to-int.ts';
import { integerMathNode } from './integer-math.ts';
import { mulNode } from './mul.ts';
import { randFloatNode } from './rand-float.ts';
import { randIntNode } from './rand-int.ts';
import { roundFloatNode } from './round-float.ts';
import { subNode } from './sub.ts';

export const MATH_NODES: readonly Node[] = [
  addNode,
  subNode,
  mulNode,
  divNode,
  integerMathNode,
  floatMathNode,
  roundFloatNode,
  floatToIntNode,
  clampIntegerNode,
  clampFloatNode,
  randIntNode,
  randFloatNode,
];
