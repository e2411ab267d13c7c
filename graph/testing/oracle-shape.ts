/**
 * The oracle, part one: what follows from a graph's shape alone, straight from the definitions and as slow as they are.
 * It shares nothing with the engine, so that the two can be held against each other.
 */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { GraphEdge, GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';

const BRANCHES = ['true_input', 'false_input'] as const;
export type Branch = (typeof BRANCHES)[number];

/** A node runs only for copies of the if `of` that choose `branch`; `agree`: the dimensions in which copies belong together. */
export interface Hold {
  of: string;
  branch: Branch;
  agree: readonly string[];
}

export class Shape {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Node ids, parents before children: Kahn, first in first out, in node order. */
  readonly topological: readonly string[];
  readonly #catalogue: Catalogue;
  readonly #node = new Map<string, GraphNode>();
  readonly #into = new Map<string, GraphEdge[]>();
  readonly #parents = new Map<string, string[]>();
  readonly #scopes = new Map<string, readonly string[]>();
  readonly #holds = new Map<string, Hold | undefined>();

  constructor(graph: PinnedGraph, catalogue: Catalogue) {
    this.nodes = graph.nodes;
    this.edges = graph.edges;
    this.#catalogue = catalogue;
    for (const node of graph.nodes) {
      const into = graph.edges.filter(({ destination }) => destination.node_id === node.id);
      this.#node.set(node.id, node);
      this.#into.set(node.id, into);
      this.#parents.set(node.id, [...new Set(into.map(({ source }) => source.node_id))]);
    }
    this.topological = this.#sorted();
    for (const id of this.topological) this.#scopes.set(id, this.#scopeOf(id));
    for (const id of this.topological) this.#holds.set(id, this.#holdOf(id));
  }

  node(id: string): GraphNode {
    return this.#node.get(id)!;
  }

  typeOf(id: string) {
    return this.#catalogue.node_types[this.node(id).type]!;
  }

  kind(id: string) {
    return this.typeOf(id).control ?? 'ordinary';
  }

  into(id: string, field?: string): GraphEdge[] {
    const edges = this.#into.get(id)!;
    return field === undefined ? edges : edges.filter(({ destination }) => destination.field === field);
  }

  parents(id: string): string[] {
    return this.#parents.get(id)!;
  }

  /** Dimensions (iterate ids) of a node, outermost first. */
  scope(id: string): readonly string[] {
    return this.#scopes.get(id)!;
  }

  /** What a copy of the node waits for before it may run. */
  hold(id: string): Hold | undefined {
    return this.#holds.get(id);
  }

  #scopeOf(id: string): string[] {
    const dimensions = this.into(id).flatMap(({ source, destination }) => {
      const scope = this.scope(source.node_id);
      return this.kind(id) === 'collect' && destination.field === 'item' ? scope.slice(0, -1) : scope;
    });
    if (this.kind(id) === 'iterate') dimensions.push(id);
    return this.topological.filter((each) => dimensions.includes(each));
  }

  /** Of ifs inside each other the innermost: it is skipped itself when an outer one does not need it. */
  #holdOf(id: string): Hold | undefined {
    const around = this.nodes
      .filter((node) => this.kind(node.id) === 'if')
      .flatMap((node) => BRANCHES.map((branch) => ({ of: node.id, branch, set: this.exclusive(node.id, branch) })))
      .filter(({ set }) => set.has(id));
    const innermost = around.find(({ set }) => !around.some(({ of }) => set.has(of)));
    return innermost && { of: innermost.of, branch: innermost.branch, agree: this.#agreed(id, innermost.of) };
  }

  /** The nodes that only this input of this if needs. */
  exclusive(of: string, branch: Branch): ReadonlySet<string> {
    const scope = this.scope(of);
    const set = new Set<string>();
    const add = (id: string) => {
      if (set.has(id)) return;
      set.add(id);
      this.parents(id).forEach(add);
    };
    for (const { source } of this.into(of, branch)) add(source.node_id);
    for (const id of scope) set.delete(id);
    const leaves = ({ source, destination }: GraphEdge) =>
      set.has(source.node_id) &&
      !set.has(destination.node_id) &&
      !(destination.node_id === of && destination.field === branch);
    for (let edge = this.edges.find(leaves); edge !== undefined; edge = this.edges.find(leaves))
      set.delete(edge.source.node_id);
    return set;
  }

  /** The dimensions that survive on every way from `id` to the if. */
  #agreed(id: string, of: string): readonly string[] {
    if (id === of) return this.scope(of);
    return this.nodes
      .filter((consumer) => this.parents(consumer.id).includes(id))
      .map((consumer) => this.#agreed(consumer.id, of))
      .reduce((kept, agreed) => kept.filter((dimension) => agreed.includes(dimension)), this.scope(id));
  }

  #sorted(): string[] {
    const order = this.nodes.filter(({ id }) => this.parents(id).length === 0).map(({ id }) => id);
    for (let at = 0; at < order.length; at++)
      for (const { id } of this.nodes)
        if (
          !order.includes(id) &&
          this.parents(id).includes(order[at]!) &&
          this.parents(id).every((parent) => order.indexOf(parent) >= 0 && order.indexOf(parent) <= at)
        )
          order.push(id);
    return order;
  }
}
