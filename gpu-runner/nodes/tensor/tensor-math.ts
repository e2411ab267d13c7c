import { defineNode } from '../define-node.ts';
import { choice, float, tensor } from '../fields.ts';
import type { InvocationContext } from '../node.ts';
import type { Tensor } from '../tensor-value.ts';
import { FLOAT_OPERATIONS, INTEGER_OPERATIONS, LONG_OPERATIONS, OPERATIONS, type Operation } from './arithmetic.ts';
import {
  checkSize,
  elementCount,
  elementType,
  isLong,
  type Longs,
  type Numbers,
  numbersOf,
  requireNumbers,
  stored,
  tensorOf,
  workspace,
} from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';
import { broadcastShape, broadcastStrides, stridesOf, type Visit, walk } from './shape.ts';

export const tensorMathNode = defineNode({
  type: 'tensor_math',
  version: '1.0.0',
  title: 'Tensor Math',
  category: 'tensor',
  description:
    'Combines two tensors of one type, or a tensor and a number, element by element. Shapes are broadcast as in NumPy: aligned at their last axis, an axis of size 1 is repeated. Integers wrap around, and their quotients lose their fraction.',
  deterministic: true,
  inputs: {
    a: tensor({ title: 'A', description: 'The first tensor.' }),
    operation: choice(OPERATIONS, { default: 'add', description: 'What to compute of A and B.' }),
    b: tensor({ title: 'B', required: false, description: 'The second tensor, of the same type.' }),
    value: float({ default: 1, description: 'The number that stands for B when no tensor is connected.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ a, b, operation, value }, context) => ({
    tensor: await combine(operation, a, b ?? scalar(value, a.type), context),
  }),
});

function scalar(value: number, type: string): Tensor {
  const { kind, range, longRange } = elementType(type);
  if ((kind === 'integer' || kind === 'long') && !Number.isInteger(value))
    throw new TypeError(`${value} is no ${type}; give a whole number, or use tensor_cast to float32 before it`);
  const [least, most] = range ?? longRange ?? [];
  if (least !== undefined && most !== undefined && (value < least || value > most))
    throw new RangeError(
      `${value} is beyond ${type} (${least} to ${most}); use tensor_cast to a larger type before it`,
    );
  const data = workspace(type, 1);
  data[0] = isLong(data) ? BigInt(value) : value;
  return tensorOf(type, [], stored(type, data));
}

async function combine(operation: Operation, a: Tensor, b: Tensor, context: InvocationContext): Promise<Tensor> {
  if (a.type !== b.type)
    throw new TypeError(`A is ${a.type} and B is ${b.type}; use tensor_cast to give them one type`);
  requireNumbers(a, 'tensor_math');
  const shape = broadcastShape(a.shape, b.shape);
  checkSize(a.type, shape);
  const result = workspace(a.type, elementCount(shape));
  const layouts = [
    { strides: stridesOf(shape) },
    { strides: broadcastStrides(a.shape, shape) },
    { strides: broadcastStrides(b.shape, shape) },
  ];
  const visit = isLong(result)
    ? rows<Longs, bigint>(result, a.data as Longs, b.data as Longs, LONG_OPERATIONS[operation])
    : rows<Numbers, number>(result, numbersOf(a), numbersOf(b), numberOperation(a.type, operation));
  await walk(shape, layouts, visit, () => context.checkpoint());
  return tensorOf(a.type, shape, stored(a.type, result));
}

const numberOperation = (type: string, operation: Operation) =>
  (elementType(type).kind === 'integer' ? INTEGER_OPERATIONS : FLOAT_OPERATIONS)[operation];

const rows =
  <Data extends { [index: number]: Value }, Value>(to: Data, a: Data, b: Data, apply: (a: Value, b: Value) => Value) =>
  (...[starts, steps, length]: Parameters<Visit>): void => {
    let [out = 0, left = 0, right = 0] = starts;
    const [outStep = 0, leftStep = 0, rightStep = 0] = steps;
    for (let i = 0; i < length; i++) {
      to[out] = apply(a[left] as Value, b[right] as Value);
      out += outStep;
      left += leftStep;
      right += rightStep;
    }
  };
