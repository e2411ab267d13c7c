/** Reads from and writes to objects whose keys users chose, so that no name reaches a prototype. */

/** The own property `key`, or undefined: never what an object inherits, such as `constructor`. */
export const own = <Value>(object: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** Sets an own property. Plain assignment of `__proto__` would change the prototype instead. */
export function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
