/**
 * Names for results before they are there. The *derivation key* of a node is a digest of what it is (type, version, own
 * values) and of the keys of the nodes that it takes from, so that equal keys mean equal work, in whatever graph and
 * whoever works the keys out: the queue for what it grants, a runner for what it reports. Nothing has to run for that,
 * and no catalogue is needed: that all of it is deterministic is judged by who keeps a result (docs/decisions/0020). @pure
 */
import type { GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { COMMON_FIELDS } from '../catalogue.ts';
import { CONTROL_NODE_TYPES, type ControlKind } from '../control.ts';
import { own, put } from '../own.ts';
import { scopesOf } from '../scope.ts';
import { canonicalJson, namesLooseModel } from './canonical.ts';

/** SHA-256 of a text as lower-case hexadecimal; given, since rooms have different ones. */
export type Digest = (text: string) => string;

/**
 * Characters of a value above which its digest stands for it: of a long one that the graph brings it is taken once, and
 * not for each of a batch's sessions.
 */
const TEXT_LENGTH_MAX = 256;

/** A field's own value as text; undefined when it names a model that may change, so that nothing follows from it. */
type Literal = string | undefined;

/** Index of a node → key; undefined where there is none. */
type Keys = (string | undefined)[];

interface Derived {
  node: GraphNode;
  /** Undefined: no key, and none behind it. */
  version: string | undefined;
  /** The node's own values that count: those whose field no edge brings. */
  literals: Record<string, Literal>;
  /** Field → what its edges bring, in their order. */
  edges: Map<string, { from: number; field: string }[]>;
}

const CONTROL = new Map<string, ControlKind | undefined>(
  CONTROL_NODE_TYPES.map(({ type, control }) => [type, control]),
);

/** What follows from a graph alone; the keys of its sessions differ only in what their values reach. */
export class DerivationKeys {
  readonly #nodes: Derived[];
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #topological: readonly number[];
  readonly #digest: Digest;
  #common: Keys | undefined;

  constructor(graph: PinnedGraph, digest: Digest) {
    this.#digest = digest;
    this.#indexOf = new Map(graph.nodes.map(({ id }, index) => [id, index]));
    this.#nodes = graph.nodes.map((node) => ({
      node,
      version: versionOf(graph, node),
      literals: {},
      edges: new Map(),
    }));
    const links = graph.edges.flatMap(({ source, destination }) => {
      const [from, to] = [this.#indexOf.get(source.node_id), this.#indexOf.get(destination.node_id)];
      if (from === undefined || to === undefined) return [];
      const { edges } = this.#nodes[to] as Derived;
      const brought = edges.get(destination.field) ?? [];
      brought.push({ from, field: source.field });
      edges.set(destination.field, brought);
      return [{ from, to, field: destination.field }];
    });
    for (const derived of this.#nodes) derived.literals = this.#literals(derived);
    this.#topological = scopesOf(
      graph.nodes.map(({ type }) => ({ control: CONTROL.get(type) })),
      links,
    ).topological;
  }

  /** Nodes of the graph: what one call of `of` costs at most. */
  get size(): number {
    return this.#nodes.length;
  }

  /** The keys of one session, by node id. Nodes of iterations, and what is behind them, have none. */
  of(values: readonly NodeFieldValue[]): (node_id: string) => string | undefined {
    this.#common ??= this.#keys(new Map(), undefined);
    const keys = values.length === 0 ? this.#common : this.#keys(this.#substituted(values), this.#common);
    return (node_id) => keys[this.#indexOf.get(node_id) ?? -1];
  }

  #literals({ node, edges }: Derived): Record<string, Literal> {
    const literals: Record<string, Literal> = {};
    for (const [field, value] of Object.entries(node))
      if (!COMMON_FIELDS.has(field) && !edges.has(field) && value !== undefined)
        put(literals, field, this.#literal(value));
    return literals;
  }

  #literal(value: unknown): Literal {
    if (namesLooseModel(value)) return undefined;
    const text = canonicalJson(value);
    // No JSON text begins like this.
    return text.length > TEXT_LENGTH_MAX ? `#${this.#digest(text)}` : text;
  }

  #substituted(values: readonly NodeFieldValue[]): Map<number, Record<string, Literal>> {
    const literals = new Map<number, Record<string, Literal>>();
    for (const { node_path, field_name, value } of values) {
      const index = this.#indexOf.get(node_path);
      const node = this.#nodes[index ?? -1];
      // What an edge brings counts, and a value of null leaves the field as the graph has it (graph/session/hydrate.ts).
      if (index === undefined || node === undefined || node.edges.has(field_name) || value === null) continue;
      const own = literals.get(index) ?? { ...node.literals };
      put(own, field_name, this.#literal(value));
      literals.set(index, own);
    }
    return literals;
  }

  /** Of `common`, what nothing in `substituted` reaches is the same. */
  #keys(substituted: ReadonlyMap<number, Record<string, Literal>>, common: Keys | undefined): Keys {
    const keys: Keys = common ? [...common] : new Array(this.#nodes.length).fill(undefined);
    const changed = new Set<number>();
    for (const index of this.#topological) {
      const derived = this.#nodes[index] as Derived;
      const own = substituted.get(index);
      if (common && own === undefined && !isBehind(derived, changed)) continue;
      changed.add(index);
      keys[index] = this.#key(derived, own ?? derived.literals, keys);
    }
    return keys;
  }

  #key({ node, version, edges }: Derived, literals: Record<string, Literal>, keys: Keys): string | undefined {
    if (version === undefined || Object.values(literals).includes(undefined)) return undefined;
    const brought: Record<string, unknown> = {};
    for (const [field, sources] of edges) {
      const derivations = sources.map(({ from, field: output }) => [keys[from], output]);
      if (derivations.some(([key]) => key === undefined)) return undefined;
      put(brought, field, derivations);
    }
    return this.#digest(canonicalJson([node.type, version, literals, brought]));
  }
}

function isBehind({ edges }: Derived, changed: ReadonlySet<number>): boolean {
  if (changed.size === 0) return false;
  for (const sources of edges.values()) if (sources.some(({ from }) => changed.has(from))) return true;
  return false;
}

/** A control node means what the engine of that number makes of it; an iterate has many values, and so no key. */
function versionOf({ engine, types }: PinnedGraph, { type }: GraphNode): string | undefined {
  if (!CONTROL.has(type)) return own(types, type);
  return CONTROL.get(type) === 'iterate' ? undefined : `engine ${engine}`;
}
