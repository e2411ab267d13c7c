/**
 * What each version of a node type takes and gives, as a digest: inputs, outputs, and whether it is deterministic. What
 * was saved with a version, and what is queued for runners that have it, rely on that, so whoever changes it raises the
 * minor or the major number (docs/decisions/0017-node-versions.md). A patch changes none of it, and words for people are
 * not part of it.
 */
import { createHash } from 'node:crypto';
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';

/** `type@major.minor` → digest. Entries of former versions stay. */
export type VersionLock = Record<string, string>;

export class VersionLockError extends Error {
  override name = 'VersionLockError';
}

/** The lock with every node of the catalogue in it. Throws a VersionLockError for those that it knows otherwise. */
export function lockVersions(lock: VersionLock, { node_types }: Catalogue): VersionLock {
  const current = Object.fromEntries(
    Object.values(node_types).map((nodeType) => [nameOf(nodeType), digestOf(nodeType)]),
  );
  const changed = Object.keys(current).filter((name) => Object.hasOwn(lock, name) && lock[name] !== current[name]);
  if (changed.length > 0)
    throw new VersionLockError(
      `${changed.join(', ')}: the inputs or outputs are no longer those of that version. Give the node a new minor or ` +
        'major version, or, while nobody has run the old one outside this checkout, generate with --force.',
    );
  return sorted({ ...lock, ...current });
}

const nameOf = ({ type, version }: NodeType): string => `${type}@${version.replace(/\.\d+$/, '')}`;

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
