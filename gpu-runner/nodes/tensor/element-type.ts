/**
 * The element types that tensors may have, under ONNX's names, and how elements are read and written as numbers.
 * Strings, complex numbers and the types below 8 bits are left out: no array of JavaScript holds them.
 */
import { fromHalf, toHalf } from '../../diffusion/half.ts';
import type { TensorData } from '../../models/onnx-model.ts';
import type { Tensor } from '../tensor-value.ts';

/**
 * `float`: computed in double precision and rounded once. `half`: its bits; computed as float32. `integer`: at most 32
 * bits. `long`: 64 bits, elements are BigInts. `boolean`: 0 or 1, with which nothing is computed.
 */
export type ElementKind = 'float' | 'half' | 'integer' | 'long' | 'boolean';

export interface ElementType {
  kind: ElementKind;
  bytes: number;
  make(length: number): TensorData;
  /** The least and the greatest value, of integers. */
  range?: readonly [number, number];
  longRange?: readonly [bigint, bigint];
}

export const ELEMENT_TYPES = {
  float32: { kind: 'float', bytes: 4, make: (length) => new Float32Array(length) },
  float64: { kind: 'float', bytes: 8, make: (length) => new Float64Array(length) },
  float16: { kind: 'half', bytes: 2, make: (length) => new Uint16Array(length) },
  int8: { kind: 'integer', bytes: 1, make: (length) => new Int8Array(length), range: [-128, 127] },
  uint8: { kind: 'integer', bytes: 1, make: (length) => new Uint8Array(length), range: [0, 255] },
  int16: { kind: 'integer', bytes: 2, make: (length) => new Int16Array(length), range: [-(2 ** 15), 2 ** 15 - 1] },
  uint16: { kind: 'integer', bytes: 2, make: (length) => new Uint16Array(length), range: [0, 2 ** 16 - 1] },
  int32: { kind: 'integer', bytes: 4, make: (length) => new Int32Array(length), range: [-(2 ** 31), 2 ** 31 - 1] },
  uint32: { kind: 'integer', bytes: 4, make: (length) => new Uint32Array(length), range: [0, 2 ** 32 - 1] },
  int64: {
    kind: 'long',
    bytes: 8,
    make: (length) => new BigInt64Array(length),
    longRange: [-(2n ** 63n), 2n ** 63n - 1n],
  },
  uint64: { kind: 'long', bytes: 8, make: (length) => new BigUint64Array(length), longRange: [0n, 2n ** 64n - 1n] },
  bool: { kind: 'boolean', bytes: 1, make: (length) => new Uint8Array(length) },
} as const satisfies Record<string, ElementType>;

export type ElementTypeName = keyof typeof ELEMENT_TYPES;
export const ELEMENT_TYPE_NAMES = Object.keys(ELEMENT_TYPES) as [ElementTypeName, ...ElementTypeName[]];

const isKnown = (name: string): name is ElementTypeName => Object.hasOwn(ELEMENT_TYPES, name);

export function elementType(name: string): ElementType {
  if (isKnown(name)) return ELEMENT_TYPES[name];
  throw new TypeError(`tensors of ${name} are not supported; these are: ${ELEMENT_TYPE_NAMES.join(', ')}`);
}

/**
 * Bytes of one tensor: four 8-bit channels of the largest image, or 22 million pixels of RGB as float32. A node holds
 * two or three tensors at a time, so that it stays within a gigabyte.
 */
export const TENSOR_BYTES_MAX = 2 ** 28;

/** Axes of one tensor. Models have up to six; each costs a loop. */
export const RANK_MAX = 16;

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/**
 * Throws when a tensor of that type and shape would be too large; to be asked before its memory is taken. Halves count
 * as what they are computed in. An axis of size 0 counts as one of 1: the others are gone through though nothing is there.
 */
export function checkSize(type: string, shape: readonly number[]): void {
  const { kind, bytes } = elementType(type);
  if (shape.length > RANK_MAX) throw new RangeError(`a tensor has at most ${RANK_MAX} axes, not ${shape.length}`);
  const needed = elementCount(shape.map((size) => Math.max(1, size))) * (kind === 'half' ? 4 : bytes);
  if (!(needed <= TENSOR_BYTES_MAX))
    throw new RangeError(
      `a tensor ${type}[${shape}] needs ${needed} bytes; the most is ${TENSOR_BYTES_MAX}: make it smaller, or work on parts of it`,
    );
}

export function tensorOf(type: string, shape: readonly number[], data: TensorData): Tensor {
  checkSize(type, shape);
  if (data.length !== elementCount(shape))
    throw new Error(`${data.length} elements do not fill a tensor of shape [${shape}]`);
  return { type, shape, data };
}

/** Arrays of plain numbers. */
export type Numbers = Exclude<TensorData, BigInt64Array | BigUint64Array>;

/** 64-bit integers, elements of which are BigInts. */
export type Longs = BigInt64Array | BigUint64Array;

export const isLong = (data: TensorData): data is Longs =>
  data instanceof BigInt64Array || data instanceof BigUint64Array;

/** The elements as numbers; 64-bit integers beyond 2^53 are rounded. Not a copy where they are numbers already. */
export function numbersOf({ type, data }: Tensor): Numbers {
  if (!isLong(data)) return elementType(type).kind === 'half' ? fromHalf(data as Uint16Array) : data;
  // Not by `from`, which first makes a list of all elements.
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = Number(data[i]);
  return numbers;
}

/** Room to compute in: of the type itself, or float32 for halves. `stored` makes of it what a tensor holds. */
export const workspace = (type: string, length: number): TensorData =>
  elementType(type).kind === 'half' ? new Float32Array(length) : elementType(type).make(length);

export const stored = (type: string, data: TensorData): TensorData =>
  elementType(type).kind === 'half' ? toHalf(data as Float32Array) : data;

/** Refuses what has no arithmetic, or only that of integers. */
export function requireFloat({ type }: Tensor, what: string): void {
  const { kind } = elementType(type);
  if (kind !== 'float' && kind !== 'half')
    throw new TypeError(`${what} is for float32, float64 and float16, not for ${type}; use tensor_cast before it`);
}

export function requireNumbers({ type }: Tensor, what: string): void {
  if (elementType(type).kind === 'boolean')
    throw new TypeError(`${what} is not for bool; use tensor_cast to make numbers of it`);
}
