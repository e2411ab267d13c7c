import { defineNode } from '../define-node.ts';
import { choice } from '../fields.ts';
import { INTEGER_OUTPUT } from '../outputs.ts';
import { modulo, refuseZero, wholeNumber } from './number.ts';
import { integerOperands } from './operands.ts';

const OPERATIONS = ['ADD', 'SUB', 'MUL', 'DIV', 'EXP', 'MOD', 'ABS', 'MIN', 'MAX'] as const;

const COMPUTE: Record<(typeof OPERATIONS)[number], (a: number, b: number) => number> = {
  ADD: (a, b) => a + b,
  SUB: (a, b) => a - b,
  MUL: (a, b) => a * b,
  DIV: (a, b) => {
    refuseZero(b);
    return Math.trunc(a / b);
  },
  EXP: power,
  MOD: modulo,
  ABS: (a) => Math.abs(a),
  MIN: Math.min,
  MAX: Math.max,
};

/** Exact: Math.pow may be off by the last digit. */
function power(a: number, b: number): number {
  if (b < 0) throw new RangeError(`${a} to the power of ${b} is no integer: use float_math, or a power of 0 or more`);
  if (Math.abs(a) < 2) return a ** b;
  // Twice as much as any integer holds; BigInt must not be asked for a number of a million digits.
  return b > 106 ? Number.POSITIVE_INFINITY : Number(BigInt(a) ** BigInt(b));
}

export const integerMathNode = defineNode({
  type: 'integer_math',
  version: '1.0.0',
  title: 'Integer Math',
  category: 'math',
  description:
    'Computes with two integers. DIV drops what is after the point, MOD has the sign of b, ABS looks at a alone.',
  deterministic: true,
  inputs: { operation: choice(OPERATIONS, { default: 'ADD', description: 'What to compute.' }), ...integerOperands(1) },
  ...INTEGER_OUTPUT,
  invoke: ({ operation, a, b }) => ({ value: wholeNumber(COMPUTE[operation](a, b), `${operation} of ${a} and ${b}`) }),
});
