import { defineNode } from '../define-node.ts';
import { choice } from '../fields.ts';
import { FLOAT_OUTPUT } from '../outputs.ts';
import { finiteNumber, modulo, refuseZero } from './number.ts';
import { floatOperands } from './operands.ts';

const OPERATIONS = ['ADD', 'SUB', 'MUL', 'DIV', 'EXP', 'MOD', 'ABS', 'SQRT', 'MIN', 'MAX'] as const;

const COMPUTE: Record<(typeof OPERATIONS)[number], (a: number, b: number) => number> = {
  ADD: (a, b) => a + b,
  SUB: (a, b) => a - b,
  MUL: (a, b) => a * b,
  DIV: (a, b) => {
    refuseZero(b);
    return a / b;
  },
  EXP: (a, b) => a ** b,
  MOD: modulo,
  ABS: (a) => Math.abs(a),
  SQRT: (a) => Math.sqrt(a),
  MIN: Math.min,
  MAX: Math.max,
};

export const floatMathNode = defineNode({
  type: 'float_math',
  version: '1.0.0',
  title: 'Float Math',
  category: 'math',
  description: 'Computes with two numbers. MOD has the sign of b; ABS and SQRT look at a alone.',
  deterministic: true,
  inputs: { operation: choice(OPERATIONS, { default: 'ADD', description: 'What to compute.' }), ...floatOperands(1) },
  ...FLOAT_OUTPUT,
  invoke: ({ operation, a, b }) => ({ value: finiteNumber(COMPUTE[operation](a, b), `${operation} of ${a} and ${b}`) }),
});
