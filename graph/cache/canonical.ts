/** One text for one value, whatever the order of its keys: what a digest is taken of. @pure */

/**
 * JSON with sorted keys; numbers that JSON cannot say, and -0, stand for themselves. A key whose value is undefined is
 * as if it were not there. Takes plain values only, and no circles.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object).sort();
  const parts: string[] = [];
  for (const key of keys)
    if (object[key] !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(object[key])}`);
  return `{${parts.join(',')}}`;
}

/**
 * Whether something in the value looks like a model that is named without its hash: what such a name means may change.
 */
export function namesLooseModel(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value) && 'key' in value && typeof value.key === 'string')
    return !('hash' in value) || typeof value.hash !== 'string';
  return Object.values(value).some(namesLooseModel);
}
