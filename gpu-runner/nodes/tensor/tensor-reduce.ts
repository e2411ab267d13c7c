import { defineNode } from '../define-node.ts';
import { boolean, choice, integer, listOf, tensor } from '../fields.ts';
import type { InvocationContext } from '../node.ts';
import type { Tensor } from '../tensor-value.ts';
import {
  checkSize,
  elementCount,
  elementType,
  isLong,
  type Numbers,
  numbersOf,
  RANK_MAX,
  requireFloat,
  requireNumbers,
  stored,
  tensorOf,
  workspace,
} from './element-type.ts';
import { TENSOR_OUTPUT } from './output.ts';
import { axisOf, stridesOf, type Visit, walk } from './shape.ts';

const OPERATIONS = ['mean', 'sum', 'min', 'max'] as const;
type Operation = (typeof OPERATIONS)[number];

export const tensorReduceNode = defineNode({
  type: 'tensor_reduce',
  version: '1.0.0',
  title: 'Reduce Tensor',
  category: 'tensor',
  description:
    'Makes one element of all those along some axes. The sum of integers is int64, or uint64 of unsigned ones, as in NumPy; a mean is for floating-point tensors.',
  deterministic: true,
  inputs: {
    tensor: tensor({ description: 'The tensor.' }),
    operation: choice(OPERATIONS, { default: 'mean', description: 'What to make of the elements.' }),
    axes: listOf(integer({ minimum: -RANK_MAX, maximum: RANK_MAX - 1 }), {
      default: [],
      max_items: RANK_MAX,
      description: 'The axes; an empty list takes all of them.',
    }),
    keep_dims: boolean({ default: false, description: 'Whether the axes stay, with size 1.' }),
  },
  ...TENSOR_OUTPUT,
  invoke: async ({ tensor, operation, axes, keep_dims }, context) => {
    requireNumbers(tensor, 'tensor_reduce');
    if (operation === 'mean') requireFloat(tensor, 'mean');
    const { shape } = tensor;
    const reduced = new Set(axes.length === 0 ? shape.keys() : axes.map((axis) => axisOf(axis, shape.length)));
    const kept = shape.map((size, axis) => (reduced.has(axis) ? 1 : size));
    const count = elementCount(shape.filter((_, axis) => reduced.has(axis)));
    if (count === 0 && operation !== 'sum') throw new RangeError(`there is no ${operation} of no elements`);
    const { type, data } = await accumulate(tensor, operation, kept, count, context);
    const result = keep_dims ? kept : kept.filter((_, axis) => !reduced.has(axis));
    return { tensor: tensorOf(type, result, data) };
  },
});

async function accumulate(
  tensor: Tensor,
  operation: Operation,
  kept: readonly number[],
  count: number,
  context: InvocationContext,
): Promise<Pick<Tensor, 'type' | 'data'>> {
  const { shape } = tensor;
  const strides = stridesOf(kept);
  const layouts = [
    { strides: stridesOf(shape) },
    { strides: strides.map((stride, axis) => (kept[axis] === shape[axis] ? stride : 0)) },
  ];
  const length = elementCount(kept);
  const pause = () => context.checkpoint();
  const isSum = operation === 'sum' || operation === 'mean';
  const type = isSum ? sumType(tensor.type) : tensor.type;
  const { kind, range, longRange } = elementType(type);
  checkSize(type, kept);
  if (kind === 'long') {
    const source = tensor.data;
    const result = elementType(type).make(length) as BigInt64Array;
    const pick = operation === 'min' ? (a: bigint, b: bigint) => a < b : (a: bigint, b: bigint) => a > b;
    if (!isSum) result.fill(longRange?.[operation === 'min' ? 1 : 0] ?? 0n);
    const add = (to: number, from: number) => {
      const value = BigInt(source[from] ?? 0);
      const before = result[to] ?? 0n;
      if (isSum) result[to] = before + value;
      else if (pick(value, before)) result[to] = value;
    };
    await walk(shape, layouts, isSum && !isLong(source) ? runs(source, result) : each(add), pause);
    return { type, data: result };
  }
  const source: Numbers = numbersOf(tensor);
  // Sums in double precision: one of many float32 loses little.
  const result = isSum ? new Float64Array(length) : (workspace(type, length) as Numbers);
  const [least, most] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (!isSum) result.fill(operation === 'min' ? most : least);
  const combine = isSum ? (a: number, b: number) => a + b : operation === 'min' ? Math.min : Math.max;
  const add = (to: number, from: number) => {
    result[to] = combine(result[to] ?? 0, source[from] ?? 0);
  };
  await walk(shape, layouts, each(add), pause);
  if (!isSum) return { type, data: stored(type, result) };
  const data = workspace(type, length) as Numbers;
  for (let i = 0; i < length; i++) data[i] = operation === 'mean' ? (result[i] ?? 0) / count : (result[i] ?? 0);
  return { type, data: stored(type, data) };
}

/** Sums of integers of at most 32 bits: a run has at most 2^21 of them, whose sum a number holds exactly. */
const runs =
  (source: Numbers, sums: BigInt64Array): Visit =>
  ([from = 0, to = 0], [fromStep = 0, toStep = 0], length) => {
    const perElement = toStep === 0 ? length : 1;
    for (let done = 0; done < length; done += perElement) {
      let sum = 0;
      for (let i = done; i < done + perElement; i++) sum += source[from + i * fromStep] ?? 0;
      const at = to + done * toStep;
      sums[at] = (sums[at] ?? 0n) + BigInt(sum);
    }
  };

const each =
  (add: (to: number, from: number) => void) =>
  ([from = 0, to = 0]: readonly number[], [fromStep = 0, toStep = 0]: readonly number[], length: number): void => {
    for (let i = 0; i < length; i++) add(to + i * toStep, from + i * fromStep);
  };

function sumType(type: string): string {
  const { kind, range, longRange } = elementType(type);
  if (kind === 'float' || kind === 'half') return type;
  return Number((range ?? longRange)?.[0]) === 0 ? 'uint64' : 'int64';
}
