/** What the control nodes of a graph that is edited give, kept up to date behind each edit. */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { GraphEdge } from '../../contract/graph/graph.ts';
import { ANY_FLOW, elementsOf, type Flow, FlowFit, mostGeneral } from '../field-type/flow.ts';
import { type FlowGraph, flowFrom, flowRefusal, isInlet, isOutlet, resolveNode } from '../validate/resolve.ts';
import type { EdgeIndex } from './edge-index.ts';

/** The graph's nodes, as far as flows depend on them. */
export type FlowNodes = Pick<FlowGraph, 'typeOf' | 'literal'>;

export class FlowIndex implements FlowGraph {
  readonly fit = new FlowFit();
  readonly #nodes: FlowNodes;
  readonly #edges: EdgeIndex;
  readonly #flows = new Map<string, Flow>();

  constructor(nodes: FlowNodes, edges: EdgeIndex) {
    this.#nodes = nodes;
    this.#edges = edges;
  }

  typeOf(id: string): NodeType | undefined {
    return this.#nodes.typeOf(id);
  }

  literal(id: string, field: string): Flow {
    return this.#nodes.literal(id, field);
  }

  edgesInto(id: string): Iterable<GraphEdge> {
    return this.#edges.into(id);
  }

  resolved(id: string): Flow | undefined {
    return this.#flows.get(id);
  }

  /**
   * Resolves these nodes again, and the control nodes behind them as far as something changes; those that are no control
   * nodes are passed over. Answers the edges that do not fit them now, each with a sentence: all of the nodes named, and
   * of those behind where something changed. Linear in the edges between the control nodes that flows reach from there;
   * where one node is named and gives what it gave, in those of that node.
   */
  resolve(ids: Iterable<string>): Map<GraphEdge, string> {
    const refusals = new Map<GraphEdge, string>();
    let dirty = new Set(ids);
    const [first] = dirty;
    if (dirty.size === 1 && first !== undefined)
      dirty = new Set(this.#resolveOne(first, refusals) ? this.#flowsTo(first) : []);
    for (const id of this.#behind(dirty))
      if (dirty.has(id) && this.#resolveOne(id, refusals)) for (const next of this.#flowsTo(id)) dirty.add(next);
    return refusals;
  }

  /** Whether it gives something else now. */
  #resolveOne(id: string, refusals: Map<GraphEdge, string>): boolean {
    const control = this.typeOf(id)?.control;
    const before = this.#flows.get(id);
    if (control === undefined) return false;
    const { flow, refused } = resolveNode(this, id, control);
    if (flow === undefined) this.#flows.delete(id);
    else this.#flows.set(id, flow);
    for (const [edge, why] of refused) refusals.set(edge, why);
    if (flow === before) return false;
    for (const edge of this.#edges.outOf(id)) {
      const why = flowRefusal(this, edge);
      if (why !== undefined) refusals.set(edge, why);
    }
    return true;
  }

  /** Whether a collector gives the same with this item as without it, so that nobody needs to look at its others. */
  absorbs({ source, destination }: GraphEdge): boolean {
    const gathered = this.#flows.get(destination.node_id);
    const flow = flowFrom(this, source);
    if (gathered === undefined || flow === undefined || destination.field !== 'item') return false;
    const type = elementsOf(gathered);
    return (
      this.typeOf(destination.node_id)?.control === 'collect' && type !== ANY_FLOW && mostGeneral(type | flow) === type
    );
  }

  /** Forgets a node that is gone. */
  delete(id: string): void {
    this.#flows.delete(id);
  }

  /** The nodes and all that flows from them reach, each before those behind it (depth first, then backwards). */
  #behind(ids: Iterable<string>): string[] {
    const left: string[] = [];
    const seen = new Set<string>();
    for (const start of ids) {
      if (seen.has(start)) continue;
      seen.add(start);
      const path = [{ id: start, next: this.#flowsTo(start) }];
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const { value: id, done } = top.next.next();
        if (done) left.push(path.pop()?.id ?? '');
        else if (!seen.has(id)) {
          seen.add(id);
          path.push({ id, next: this.#flowsTo(id) });
        }
      }
    }
    return left.reverse();
  }

  *#flowsTo(id: string): Generator<string, undefined> {
    const from = this.typeOf(id);
    if (from !== undefined)
      for (const { source, destination } of this.#edges.outOf(id)) {
        const to = this.typeOf(destination.node_id);
        if (to !== undefined && isOutlet(from, source.field) && isInlet(to, destination.field))
          yield destination.node_id;
      }
    return undefined;
  }
}
