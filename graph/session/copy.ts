/** Copies of durable values: what one node returned must never be the object that another one changes. */
import { JSON_DEPTH_MAX } from '../../contract/limits.ts';
import { put } from '../own.ts';

/** Plain JSON values only. Throws RangeError beyond the depth that a JSON body may have, so a circle ends too. */
export function copyJson(value: unknown, depth = 1): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > JSON_DEPTH_MAX) throw new RangeError(`a value is nested deeper than ${JSON_DEPTH_MAX} levels`);
  if (Array.isArray(value)) return value.map((element) => copyJson(element, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) put(copy, key, copyJson(inner, depth + 1));
  return copy;
}
