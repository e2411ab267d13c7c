/** From one element type to another. */
import {
  checkSize,
  type ElementType,
  type ElementTypeName,
  elementType,
  isLong,
  numbersOf,
  stored,
  tensorOf,
  workspace,
} from './element-type.ts';
import type { Tensor } from './tensor.ts';

/**
 * The same values as another type, without a name. Integers are cut towards 0 and kept within the type's range, NaN is
 * 0 there; floating-point types round to nearest; bool is whether the value is not 0.
 */
export function cast({ type: from, shape, data }: Tensor, to: ElementTypeName): Tensor {
  if (from === to) return { type: to, shape, data };
  checkSize(to, shape);
  const target: ElementType = elementType(to);
  const result = workspace(to, data.length);
  if (isLong(result)) {
    const convert = toLong(target);
    const values = isLong(data) ? data : numbersOf({ type: from, shape, data });
    for (let i = 0; i < result.length; i++) result[i] = convert(values[i] ?? 0);
  } else {
    const values = numbersOf({ type: from, shape, data });
    const convert = toNumber(target);
    for (let i = 0; i < result.length; i++) result[i] = convert(values[i] ?? 0);
  }
  return tensorOf(to, shape, stored(to, result));
}

function toNumber({ kind, range }: ElementType): (value: number) => number {
  if (kind === 'boolean') return (value) => (value === 0 ? 0 : 1);
  if (!range) return (value) => value;
  const [least, most] = range;
  return (value) => (Number.isNaN(value) ? 0 : Math.min(most, Math.max(least, Math.trunc(value))));
}

function toLong({ longRange: [least, most] = [0n, 0n] }: ElementType): (value: number | bigint) => bigint {
  return (value) => {
    if (typeof value === 'number') {
      if (Number.isNaN(value)) return 0n;
      if (!Number.isFinite(value)) return value < 0 ? least : most;
    }
    const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
    return whole < least ? least : whole > most ? most : whole;
  };
}
