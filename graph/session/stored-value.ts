/** Values that are recorded as an asset, since they are too large for a record (D1). */
import type { NodeOutput, StoredValue } from '../../contract/graph/graph.ts';

/** Told from a file, which is an asset too, by `stored`. A value that a user wrote may look like one. */
export const isStored = (value: unknown): value is StoredValue =>
  typeof value === 'object' &&
  value !== null &&
  'asset_name' in value &&
  typeof value.asset_name === 'string' &&
  'stored' in value &&
  typeof value.stored === 'string';

/** Fields of records whose bytes are elsewhere: known by identity, since a user's own value may look the same. */
const ELSEWHERE = new WeakSet<object>();

/** The same result, for a session of those who have no assets: its stored lists are gone through by their length. */
export function withoutAssets(result: NodeOutput): NodeOutput {
  for (const value of Object.values(result)) if (isStored(value)) ELSEWHERE.add(value);
  return result;
}

/**
 * How long the list is that a recorded value is; undefined when it is none. Where its bytes are elsewhere, whoever
 * recorded it says so: nothing of that size may be made before it is known to be within the limits.
 */
export function listLength(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null || !ELSEWHERE.has(value)) return undefined;
  const { length } = value as StoredValue;
  return Number.isSafeInteger(length) && Number(length) >= 0 ? length : undefined;
}

/** One element of such a list: a reference to its place where its bytes are elsewhere. */
export function listElement(list: unknown, index: number): unknown {
  if (Array.isArray(list)) return list[index];
  const { length: _, ...whole } = list as StoredValue;
  return { ...whole, element: index };
}
