/** From one element type to another. */

import type { Tensor } from '../tensor-value.ts';
import {
  checkSize,
  type ElementType,
  type ElementTypeName,
  elementType,
  isLong,
  type Longs,
  type Numbers,
  numbersOf,
  stored,
  tensorOf,
  workspace,
} from './element-type.ts';
import { PAUSE_ELEMENTS } from './shape.ts';

/**
 * The same values as another type, without a name. Integers are cut towards 0 and kept within the type's range, NaN is
 * 0 there; floating-point types round to nearest; bool is whether the value is not 0. `pause` is awaited now and then.
 */
export async function cast(
  { type: from, shape, data }: Tensor,
  to: ElementTypeName,
  pause: () => Promise<void>,
): Promise<Tensor> {
  if (from === to) return { type: to, shape, data };
  checkSize(to, shape);
  const target: ElementType = elementType(to);
  const result = workspace(to, data.length);
  const values = isLong(result) && isLong(data) ? data : numbersOf({ type: from, shape, data });
  const work = isLong(result) ? longsInto(result, values, target) : numbersInto(result, values as Numbers, target);
  for (let start = 0; start < result.length; start += PAUSE_ELEMENTS) {
    await pause();
    work(start, Math.min(result.length, start + PAUSE_ELEMENTS));
  }
  return tensorOf(to, shape, stored(to, result));
}

/** Converts the elements from one index to another. */
type Work = (start: number, end: number) => void;

function numbersInto(result: Numbers, values: Numbers, target: ElementType): Work {
  const convert = toNumber(target);
  return (start, end) => {
    for (let i = start; i < end; i++) result[i] = convert(values[i] ?? 0);
  };
}

function longsInto(result: Longs, values: Numbers | Longs, target: ElementType): Work {
  const convert = toLong(target);
  return (start, end) => {
    for (let i = start; i < end; i++) result[i] = convert(values[i] ?? 0);
  };
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
