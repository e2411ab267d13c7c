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
