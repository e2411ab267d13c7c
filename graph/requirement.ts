/** What a graph asks of a runner: the engine, the node types with their versions, the models. */
import type { PinnedGraph } from '../contract/graph/graph.ts';
import { satisfies } from './version.ts';

/** Plain data, equal for graphs that ask the same: lists are sorted and name each thing once. */
export interface Requirement {
  engine: number;
  /** [type, version] */
  types: [string, string][];
  /** Hashes of the models that the graph names. */
  models: string[];
}

export interface RunnerAbilities {
  engine: number;
  /** Node type → version. */
  types: Readonly<Record<string, string>>;
}

export function requirementOf(pinned: PinnedGraph): Requirement {
  const models = new Set<string>();
  for (const node of pinned.nodes) for (const value of Object.values(node)) collectHashes(value, models);
  return {
    engine: pinned.engine,
    types: Object.entries(pinned.types).sort(([a], [b]) => (a < b ? -1 : 1)),
    models: [...models].sort(),
  };
}

const SHA256 = /^[0-9a-f]{64}$/;

/** A model, or a list of models, by its form: {key, hash}. Only images and files look similar, and they have no key. */
function collectHashes(value: unknown, models: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value) collectHashes(element, models);
    return;
  }
  const { key, hash } = value as { key?: unknown; hash?: unknown };
  if (typeof key === 'string' && typeof hash === 'string' && SHA256.test(hash)) models.add(hash);
}

/**
 * Whether a runner may be granted what `requirement` asks: exactly its engine, and of every node type the same major
 * version, not older. Models are fetched when they are needed, so they decide preference and not ability.
 */
export const canRun = (runner: RunnerAbilities, requirement: Requirement): boolean =>
  runner.engine === requirement.engine &&
  requirement.types.every(
    ([type, version]) => Object.hasOwn(runner.types, type) && satisfies(runner.types[type] ?? '', version),
  );
