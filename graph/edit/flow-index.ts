/** What the control nodes of a graph that is edited give, kept up to date behind each edit. */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { GraphEdge } from '../../contract/graph/graph.ts';
import { type Flow, FlowFit } from '../field-type/flow.ts';
import { type FlowGraph, flowRefusal, isInlet, isOutlet, resolveNode } from '../validate/resolve.ts';
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
   * Resolves these nodes again, and the control nodes behind them as far as flows go; those that are no control nodes
   * are passed over. Answers the edges that do not fit them now, each with a sentence. Linear in their edges.
   */
  resolve(ids: Iterable<string>): Map<GraphEdge, string> {
    const refusals = new Map<GraphEdge, string>();
    for (const id of this.#behind(ids)) {
      const control = this.typeOf(id)?.control;
      if (control === undefined) continue;
      const { flow, refused } = resolveNode(this, id, control);
      if (flow === undefined) this.#flows.delete(id);
      else this.#flows.set(id, flow);
      for (const [edge, why] of refused) refusals.set(edge, why);
      for (const edge of this.#edges.outOf(id)) {
        const why = flowRefusal(this, edge);
        if (why !== undefined) refusals.set(edge, why);
      }
    }
    return refusals;
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
