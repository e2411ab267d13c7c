/** Whole numbers with equal steps between them. */
import { wholeNumber } from '../math/number.ts';
import { refuseLongList } from './list.ts';

/** `size` numbers from `start`. Throws a RangeError when there are too many, or one is no integer of ours. */
export function progression(start: number, step: number, size: number): number[] {
  if (step === 0) throw new RangeError('step must not be 0: the numbers would never get on');
  refuseLongList(size);
  if (size > 0) wholeNumber(start + (size - 1) * step, `the last number, ${start} + ${size - 1} × ${step},`);
  return Array.from({ length: size }, (_, i) => start + i * step);
}
