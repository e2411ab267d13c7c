import { roundHalfEven } from '../../diffusion/round-half-even.ts';
import { defineNode } from '../define-node.ts';
import { choice, tensor } from '../fields.ts';
import {
  checkSize,
  isLong,
  numbersOf,
  requireFloat,
  requireNumbers,
  stored,
  tensorOf,
  workspace,
} from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';

const ANY_NUMBER = {
  abs: Math.abs,
  neg: (x: number) => -x,
  relu: (x: number) => (x < 0 ? 0 : x),
  // Never −0, as in NumPy.
  sign: (x: number) => Math.sign(x) + 0,
  round: roundHalfEven,
  floor: Math.floor,
  ceil: Math.ceil,
};

const FLOAT_ONLY = {
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  reciprocal: (x: number) => 1 / x,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};

/** 64-bit integers are whole already. */
const LONG: Record<keyof typeof ANY_NUMBER, (x: bigint) => bigint> = {
  abs: (x) => (x < 0n ? -x : x),
  neg: (x) => -x,
  relu: (x) => (x < 0n ? 0n : x),
  sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  round: (x) => x,
  floor: (x) => x,
  ceil: (x) => x,
};

type AnyNumber = keyof typeof ANY_NUMBER;
type FloatOnly = keyof typeof FLOAT_ONLY;

const NAMES = [...Object.keys(ANY_NUMBER), ...Object.keys(FLOAT_ONLY)] as [AnyNumber, ...(AnyNumber | FloatOnly)[]];
const isFloatOnly = (name: AnyNumber | FloatOnly): name is FloatOnly => Object.hasOwn(FLOAT_ONLY, name);

const BLOCK = 2 ** 20;

export const tensorUnaryNode = defineNode({
  type: 'tensor_unary',
  version: '1.0.0',
  title: 'Tensor Function',
  category: 'tensor',
  description:
    'Applies a function to every element. round takes halves to the even number; exp, log, sqrt, reciprocal, sigmoid and tanh are for floating-point tensors.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    operation: choice(NAMES, { default: 'abs', description: 'The function.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensor, operation }, context) => {
    requireNumbers(tensor, 'tensor_unary');
    if (isFloatOnly(operation)) requireFloat(tensor, operation);
    checkSize(tensor.type, tensor.shape);
    const { data, shape, type } = tensor;
    const result = workspace(type, data.length);
    const numbers = isLong(data) ? null : numbersOf(tensor);
    for (let start = 0; start < data.length; start += BLOCK) {
      await context.checkpoint();
      const end = Math.min(data.length, start + BLOCK);
      if (numbers === null) {
        const apply = LONG[operation as AnyNumber];
        for (let i = start; i < end; i++) result[i] = apply(data[i] as bigint);
      } else {
        const apply = isFloatOnly(operation) ? FLOAT_ONLY[operation] : ANY_NUMBER[operation];
        for (let i = start; i < end; i++) result[i] = apply(numbers[i] ?? 0);
      }
    }
    return { tensor: tensorOf(type, shape, stored(type, result)) };
  },
});
