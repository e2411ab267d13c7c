/** Values that a node is given beside its edges. */
import { JSON_DEPTH_MAX } from '../../contract/limits.ts';
import type { JsonValue } from './value.ts';

/** Of a graph that cannot be built so. The message says what to do. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

/** A copy, so that what the caller does with the value later changes no graph. Throws on what JSON cannot say. */
export function literalOf(value: unknown, place: string, isPort: (value: unknown) => boolean, depth = 0): JsonValue {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw new GraphError(`"${place}" is ${value}; give a finite number.`);
  }
  if (isPort(value))
    throw new GraphError(
      `"${place}" is an output inside a value; an edge leads to a whole input, so gather outputs with collect() first.`,
    );
  if (depth > JSON_DEPTH_MAX)
    throw new GraphError(`A value is nested over ${JSON_DEPTH_MAX} levels deep, or holds itself: "${place}".`);
  const inside = (element: unknown, at: string) => literalOf(element, place + at, isPort, depth + 1);
  if (Array.isArray(value)) return value.map((element, index) => inside(element, `[${index}]`));
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (typeof value !== 'object' || (prototype !== Object.prototype && prototype !== null))
    throw new GraphError(
      `"${place}" is a ${typeof value === 'object' ? prototype?.constructor?.name : typeof value}; give a value that JSON can say, or an output of a node.`,
    );
  return Object.fromEntries(
    Object.entries(value as object)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, inside(inner, `.${key}`)]),
  );
}
