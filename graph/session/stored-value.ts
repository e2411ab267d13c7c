/** Values that are recorded as an asset, since they are too large for a record (D1). */
import type { StoredValue } from '../../contract/graph/graph.ts';

/** Told from a file, which is an asset too, by `stored`. */
export const isStored = (value: unknown): value is StoredValue =>
  typeof value === 'object' && value !== null && 'stored' in value && 'asset_name' in value;

/**
 * The list that a recorded value is; undefined when it is none. Where its bytes are elsewhere, each element is a reference
 * to its place: how long the list is decides how a session goes on, and what stands in it is for those who have it.
 */
export function recordedList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isStored(value) || value.length === undefined || value.element !== undefined) return undefined;
  const { length, ...whole } = value;
  return Array.from({ length }, (_, element) => ({ ...whole, element }));
}
