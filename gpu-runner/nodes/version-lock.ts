/**
 * What each version of a node type means, as a digest: inputs, outputs, and whether it is deterministic. Results of one
 * version are mixed with those of another (a resumed session, a cache), so a version never changes its meaning: whoever
 * changes a node gives it a new one (docs/decisions/0017-node-versions.md). Words for people are not part of it.
 */
import { createHash } from 'node:crypto';
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';

/** `type@version` → digest. Entries of former versions stay. */
export type VersionLock = Record<string, string>;

export class VersionLockError extends Error {
  override name = 'VersionLockError';
}

/** The lock with every node of the catalogue in it. Throws a VersionLockError for those that it knows otherwise. */
export function lockVersions(lock: VersionLock, { node_types }: Catalogue): VersionLock {
  const current = Object.fromEntries(
    Object.values(node_types).map((nodeType) => [`${nodeType.type}@${nodeType.version}`, digestOf(nodeType)]),
  );
  const changed = Object.keys(current).filter((name) => Object.hasOwn(lock, name) && lock[name] !== current[name]);
  if (changed.length > 0)
    throw new VersionLockError(
      `${changed.join(', ')}: the inputs or outputs are no longer those of that version. Give the node a new version, ` +
        'or, while nobody has run the old one outside this checkout, generate with --force.',
    );
  return sorted({ ...lock, ...current });
}

/** The digest of what a graph can notice. */
function digestOf({ deterministic, inputs, output_type, outputs }: NodeType): string {
  const meaning = {
    deterministic,
    inputs: mapValues(inputs, ({ field_type, input, required, schema }) => ({ field_type, input, required, schema })),
    output_type,
    outputs: mapValues(outputs, ({ field_type }) => ({ field_type })),
  };
  return createHash('sha256')
    .update(JSON.stringify(canonical(meaning)))
    .digest('hex')
    .slice(0, 16);
}

const mapValues = <From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The order of keys says nothing. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return sorted(mapValues(value as Record<string, unknown>, canonical));
}
