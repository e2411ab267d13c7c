/** The edges of a graph that is edited: each once, in the order in which they were added, found by either end. */
import type { GraphEdge } from '../../contract/graph/graph.ts';
import { edgeKey } from '../validate/edge.ts';

type Port = GraphEdge['source'];

export class EdgeIndex implements Iterable<GraphEdge> {
  readonly #edges = new Map<string, GraphEdge>();
  readonly #into = new Map<string, Set<GraphEdge>>();
  readonly #outOf = new Map<string, Set<GraphEdge>>();
  readonly #taking = new Map<string, Set<GraphEdge>>();

  constructor(edges: Iterable<GraphEdge> = []) {
    for (const edge of edges) this.add(edge);
  }

  /** Frozen, and a copy of `edge`; the one that is there when the same edge is there already. */
  add(edge: GraphEdge): GraphEdge {
    const key = edgeKey(edge);
    const known = this.#edges.get(key);
    if (known !== undefined) return known;
    const { source, destination } = edge;
    const added = Object.freeze({
      source: Object.freeze({ node_id: source.node_id, field: source.field }),
      destination: Object.freeze({ node_id: destination.node_id, field: destination.field }),
    });
    this.#edges.set(key, added);
    put(this.#into, destination.node_id, added);
    put(this.#outOf, source.node_id, added);
    put(this.#taking, portKey(destination), added);
    return added;
  }

  /** The edge that was there, if one was. */
  delete(edge: GraphEdge): GraphEdge | undefined {
    const key = edgeKey(edge);
    const known = this.#edges.get(key);
    if (known === undefined) return undefined;
    this.#edges.delete(key);
    take(this.#into, known.destination.node_id, known);
    take(this.#outOf, known.source.node_id, known);
    take(this.#taking, portKey(known.destination), known);
    return known;
  }

  get(edge: GraphEdge): GraphEdge | undefined {
    return this.#edges.get(edgeKey(edge));
  }

  get size(): number {
    return this.#edges.size;
  }

  [Symbol.iterator](): Iterator<GraphEdge> {
    return this.#edges.values();
  }

  /** The edges that end at a node, in order. */
  into(id: string): ReadonlySet<GraphEdge> {
    return this.#into.get(id) ?? NONE;
  }

  /** The edges that begin at a node, in order. */
  outOf(id: string): ReadonlySet<GraphEdge> {
    return this.#outOf.get(id) ?? NONE;
  }

  /** The edges that end at an input, in order. */
  taking(input: Port): ReadonlySet<GraphEdge> {
    return this.#taking.get(portKey(input)) ?? NONE;
  }

  /** Whether edges lead from one node to another, or both are the same. Costs the edges behind `from`. */
  leadsTo(from: string, to: string): boolean {
    if (from === to) return true;
    if (this.into(to).size === 0) return false;
    const seen = new Set([from]);
    const found = [from];
    for (let id = found.pop(); id !== undefined; id = found.pop())
      for (const { destination } of this.outOf(id)) {
        if (destination.node_id === to) return true;
        if (seen.has(destination.node_id)) continue;
        seen.add(destination.node_id);
        found.push(destination.node_id);
      }
    return false;
  }
}

const NONE: ReadonlySet<GraphEdge> = new Set();

const portKey = ({ node_id, field }: Port): string => JSON.stringify([node_id, field]);

function put(index: Map<string, Set<GraphEdge>>, key: string, edge: GraphEdge): void {
  const edges = index.get(key);
  if (edges) edges.add(edge);
  else index.set(key, new Set([edge]));
}

function take(index: Map<string, Set<GraphEdge>>, key: string, edge: GraphEdge): void {
  const edges = index.get(key);
  edges?.delete(edge);
  if (edges?.size === 0) index.delete(key);
}
