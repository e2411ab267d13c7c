/** Equality of JSON values, as JSON Schema's `const` and `enum` mean it: by content, object keys in any order. */
import { own } from '../own.ts';

/** Descends only as far as `expected` does, which comes from a schema and is of bounded depth. */
export function isEqual(value: unknown, expected: unknown): boolean {
  if (value === expected) return true;
  if (typeof value !== 'object' || typeof expected !== 'object' || value === null || expected === null) return false;
  if (Array.isArray(value) !== Array.isArray(expected)) return false;
  const keys = Object.keys(expected);
  if (Object.keys(value).length !== keys.length) return false;
  const [left, right] = [value as Record<string, unknown>, expected as Record<string, unknown>];
  return keys.every((key) => Object.hasOwn(left, key) && isEqual(own(left, key), own(right, key)));
}
