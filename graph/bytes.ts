/** Sizes of values as JSON in UTF-8. */

const encoder = new TextEncoder();

/** Whether `value` as JSON has more than `limit` bytes; encodes only where the number of characters leaves a doubt. */
export function jsonBytesExceed(value: unknown, limit: number): boolean {
  // A UTF-16 unit takes at most three bytes, or six when JSON escapes it as \u0000.
  if (typeof value === 'string' && value.length * 6 + 2 <= limit) return false;
  const text = JSON.stringify(value) ?? '';
  if (text.length * 3 <= limit) return false;
  return text.length > limit || encoder.encode(text).length > limit;
}

/**
 * Whether `value` as JSON has clearly more than `limit` characters. It stops looking there: a list may hold the same
 * large value a million times. Punctuation and what JSON escapes are not counted.
 */
export const jsonLengthExceeds = (value: unknown, limit: number): boolean => lengthLeft(value, limit) < 0;

/** What is left of `limit` after `value`; below 0 when it did not fit. */
function lengthLeft(value: unknown, limit: number): number {
  if (typeof value === 'string') return limit - value.length - 2;
  if (typeof value !== 'object' || value === null) return limit - String(value).length;
  let left = limit;
  for (const [key, inner] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    left = lengthLeft(inner, left - (typeof key === 'string' ? key.length : 0) - 1);
    if (left < 0) break;
  }
  return left;
}
