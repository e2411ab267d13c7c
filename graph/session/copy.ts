/** Copies of durable values: what one node returned must never be the object that another one changes. */
import { INPUT_VALUES_MAX, JSON_DEPTH_MAX } from '../../contract/limits.ts';
import { put } from '../own.ts';

/**
 * Plain JSON values only. Throws RangeError beyond the depth that a JSON body may have, so a circle ends too, and beyond
 * INPUT_VALUES_MAX: collectors gather one long list again and again without a copy, and here each would become its own.
 */
export const copyJson = (value: unknown): unknown => copied(value, 1, { values: INPUT_VALUES_MAX });

function copied(value: unknown, depth: number, left: { values: number }): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > JSON_DEPTH_MAX)
    throw new RangeError(`a value in it is nested deeper than ${JSON_DEPTH_MAX} levels; make it flatter`);
  const entries = Array.isArray(value) ? value : Object.entries(value);
  left.values -= entries.length;
  if (left.values < 0) throw new RangeError(`it holds more than ${INPUT_VALUES_MAX} values; gather fewer of them`);
  if (Array.isArray(value)) return value.map((element) => copied(element, depth + 1, left));
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of entries) put(copy, key, copied(inner, depth + 1, left));
  return copy;
}
