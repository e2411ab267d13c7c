/**
 * The node types that graphs may use: those that are bundled with the Worker, generated from the runner's nodes, and
 * those of runners that an admin approved.
 */
import type { Catalogue, NodeType } from '../contract/graph/catalogue.ts';
import type { Graph, PinnedGraph } from '../contract/graph/graph.ts';
import builtin from '../graph/catalogue/builtin.json' with { type: 'json' };
import { isCustomType, mergeCatalogues } from '../graph/catalogue.ts';
import { approvedDefinitions, type Named, presentVersions } from './account/custom-nodes.ts';
import { accountDb } from './account/database.ts';
import { IsolateCache } from './cache.ts';
import type { Env } from './env.ts';

export const BUILTIN_CATALOGUE = { node_types: builtin.node_types } as Catalogue;

/** How long an isolate goes on with what it knows of the account (D13). */
const KNOWN_MS = 30_000;

const nameOf = ({ type, version }: Named): string => `${type}@${version}`;
const catalogueWith = (definitions: readonly NodeType[]): Catalogue =>
  definitions.length === 0
    ? BUILTIN_CATALOGUE
    : mergeCatalogues(BUILTIN_CATALOGUE, {
        node_types: Object.fromEntries(definitions.map((definition) => [definition.type, definition])),
      });

interface Known {
  /** Of the approved versions: what is approved never changes, so the same names are the same catalogue. */
  names: string;
  catalogue: Catalogue;
  until: number;
}

let known: Known = { names: '', catalogue: BUILTIN_CATALOGUE, until: 0 };

/** Called where something is decided, so that at least this isolate knows at once. */
export function forgetCatalogue(): void {
  known.until = 0;
}

/** What a graph may use that is enqueued now. The same object as before when nothing has changed. */
export async function presentCatalogue(env: Env, now: number): Promise<Catalogue> {
  return known.until > now ? known.catalogue : readCatalogue(env, now);
}

async function readCatalogue(env: Env, now: number): Promise<Catalogue> {
  const db = accountDb(env);
  const present = await presentVersions(db);
  const names = present.map(nameOf).join();
  const catalogue =
    names === known.names
      ? known.catalogue
      : catalogueWith(present.length === 0 ? [] : await approvedDefinitions(db, present));
  known = { names, catalogue, until: now + KNOWN_MS };
  return catalogue;
}

/** The same for one graph: a type that this isolate has not heard of may have been approved a moment ago. */
export async function catalogueFor(env: Env, { nodes }: Graph, now: number): Promise<Catalogue> {
  const catalogue = await presentCatalogue(env, now);
  const isUnknown = ({ type }: { type: string }) => isCustomType(type) && !Object.hasOwn(catalogue.node_types, type);
  return Object.values(nodes).some(isUnknown) ? readCatalogue(env, now) : catalogue;
}

/** Definitions that graphs are pinned to, by name and version; they do not change. */
const definitions = new IsolateCache<NodeType>(1_000);

/**
 * The catalogue that each of `graphs` was pinned with, as far as it matters: with the versions that it names, whatever
 * was approved or rejected since.
 */
export async function pinnedCatalogues(
  env: Env,
  graphs: readonly PinnedGraph[],
  now: number,
): Promise<(graph: PinnedGraph) => Catalogue> {
  const wanted = new Map(graphs.flatMap(customTypes).map((named) => [nameOf(named), named]));
  const found = new Map<string, NodeType>();
  for (const name of wanted.keys()) {
    const definition = definitions.get(name, now);
    if (definition) found.set(name, definition);
  }
  const missing = [...wanted].flatMap(([name, named]) => (found.has(name) ? [] : named));
  if (missing.length > 0)
    for (const definition of await approvedDefinitions(accountDb(env), missing)) {
      found.set(nameOf(definition), definition);
      definitions.set(nameOf(definition), definition, now + KNOWN_MS);
    }
  /** One for all graphs that use the same: what is prepared of a graph is kept as long as it is asked of the same one. */
  const made = new Map<string, Catalogue>();
  return (graph) => {
    const types = customTypes(graph);
    const names = types.map(nameOf).join();
    const catalogue = made.get(names) ?? catalogueWith(types.flatMap((named) => found.get(nameOf(named)) ?? []));
    made.set(names, catalogue);
    return catalogue;
  };
}

const customTypes = ({ types }: PinnedGraph): Named[] =>
  Object.entries(types).flatMap(([type, version]) => (isCustomType(type) ? { type, version } : []));
