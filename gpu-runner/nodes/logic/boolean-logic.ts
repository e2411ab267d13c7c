import { defineNode } from '../define-node.ts';
import { boolean, choice } from '../fields.ts';
import { BOOLEAN_OUTPUT } from '../outputs.ts';

const OPERATIONS = ['AND', 'OR', 'XOR', 'NAND', 'NOR', 'NOT'] as const;

const COMPUTE: Record<(typeof OPERATIONS)[number], (a: boolean, b: boolean) => boolean> = {
  AND: (a, b) => a && b,
  OR: (a, b) => a || b,
  XOR: (a, b) => a !== b,
  NAND: (a, b) => !(a && b),
  NOR: (a, b) => !(a || b),
  NOT: (a) => !a,
};

/** One node, as integer_math is: a condition that turns from "and" to "or" keeps its edges. */
export const booleanLogicNode = defineNode({
  type: 'boolean_logic',
  version: '1.0.0',
  title: 'Boolean Logic',
  category: 'logic',
  description: 'Combines two conditions. NOT looks at a alone.',
  deterministic: true,
  inputs: {
    operation: choice(OPERATIONS, { default: 'AND', description: 'How to combine them.' }),
    a: boolean({ default: false, description: 'The first condition.' }),
    b: boolean({ default: false, description: 'The second condition.' }),
  },
  ...BOOLEAN_OUTPUT,
  invoke: ({ operation, a, b }) => ({ value: COMPUTE[operation](a, b) }),
});
