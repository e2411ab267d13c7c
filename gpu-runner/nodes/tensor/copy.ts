/** Copies of parts of tensors. */

import type { Tensor } from '../tensor-value.ts';
import { checkSize, elementCount, elementType, tensorOf } from './element-type.ts';
import { type Layout, stridesOf, walk } from './shape.ts';

/** A dense tensor of that shape, whose elements lie in `source` as the layout says. */
export async function strided(
  source: Tensor,
  shape: readonly number[],
  layout: Layout,
  pause: () => Promise<void>,
): Promise<Tensor> {
  checkSize(source.type, shape);
  const result = elementType(source.type).make(elementCount(shape));
  await walk(
    shape,
    [{ strides: stridesOf(shape) }, layout],
    ([to = 0, from = 0], [, step = 0], length) => {
      // Below that a view costs more than it saves.
      if (step === 1 && length >= 16) result.set(source.data.subarray(from, from + length) as never, to);
      else for (let i = 0; i < length; i++) result[to + i] = source.data[from + i * step] as never;
    },
    pause,
  );
  return tensorOf(source.type, shape, result);
}
