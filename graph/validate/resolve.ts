/**
 * Resolves what control nodes give in one graph: the element of a list, the list of what is gathered, one of two
 * branches; through any chain of them. Each node is looked at once, after its parents, and each edge once.
 */
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';
import type { Graph, GraphEdge } from '../../contract/graph/graph.ts';
import { inputOf, nodeTypeOf, outputOf } from '../catalogue.ts';
import type { ControlKind } from '../control.ts';
import {
  ANY_FLOW,
  elementsOf,
  type Flow,
  FlowFit,
  flowOfLiteral,
  flowText,
  gatheredOf,
  listOf,
  mostGeneral,
  NULL_FLOW,
} from '../field-type/flow.ts';
import { own } from '../own.ts';
import type { NodeTypes, SuppliedFields } from './node.ts';
import { shapeOf } from './shape.ts';

type Port = GraphEdge['source'];

/** What resolving asks of a graph. */
export interface FlowGraph {
  /** Undefined for a node that does not exist, or is of an unknown type. */
  typeOf(id: string): NodeType | undefined;
  /** In the graph's order. */
  edgesInto(id: string): Iterable<GraphEdge>;
  /** What an input without an edge has. */
  literal(id: string, field: string): Flow;
  /** What was resolved of a control node; undefined when nothing is known of it. */
  resolved(id: string): Flow | undefined;
  readonly fit: FlowFit;
}

/** The output of a control node that depends on the graph, and the inputs that it depends on. */
const OUTLETS: Record<ControlKind, string> = { iterate: 'item', collect: 'collection', if: 'value' };
const INLETS: Record<ControlKind, readonly string[]> = {
  iterate: ['collection'],
  collect: ['collection', 'item'],
  if: ['true_input', 'false_input'],
};

export const isOutlet = ({ control }: NodeType, field: string): boolean =>
  control !== undefined && OUTLETS[control] === field;
export const isInlet = ({ control }: NodeType, field: string): boolean =>
  control !== undefined && INLETS[control].includes(field);

export interface Resolution {
  /** Undefined when it cannot be known: an input is missing, unknown, or refused. */
  flow: Flow | undefined;
  /** The edges that do not fit, each with a sentence that says what to do. */
  refused: Map<GraphEdge, string>;
}

/** What an output gives; undefined when that is not known. */
export function flowFrom(graph: FlowGraph, { node_id, field }: Port): Flow | undefined {
  const type = graph.typeOf(node_id);
  if (type === undefined) return undefined;
  if (isOutlet(type, field)) return graph.resolved(node_id);
  const output = outputOf(type, field);
  return output && graph.fit.flowOf(output.field_type);
}

/** One control node, all of whose parents are resolved. */
export function resolveNode(graph: FlowGraph, id: string, control: ControlKind): Resolution {
  const entering: [edge: GraphEdge, flow: Flow | undefined][] = [];
  for (const edge of graph.edgesInto(id))
    if (INLETS[control].includes(edge.destination.field)) entering.push([edge, flowFrom(graph, edge.source)]);
  const resolution: Resolution = { flow: undefined, refused: new Map() };
  const given = RESOLVE[control](entering, resolution.refused, (field) => graph.literal(id, field));
  const isKnown = resolution.refused.size === 0 && entering.every(([, flow]) => flow !== undefined);
  if (isKnown) resolution.flow = given;
  return resolution;
}

type Resolve = (
  entering: readonly [edge: GraphEdge, flow: Flow | undefined][],
  refused: Map<GraphEdge, string>,
  literal: (field: string) => Flow,
) => Flow | undefined;

/** Types that a sentence lists: a union through hundreds of nodes may have hundreds. */
const TYPES_LISTED_MAX = 8;

const gives = ({ source }: GraphEdge, flow: Flow): string =>
  `"${source.node_id}.${source.field}" gives ${flowText(flow, TYPES_LISTED_MAX)}`;

const RESOLVE: Record<ControlKind, Resolve> = {
  iterate(entering, refused) {
    let elements = 0n;
    for (const [edge, flow] of entering) {
      if (flow === undefined) continue;
      if (elementsOf(flow) === 0n)
        refused.set(
          edge,
          `${gives(edge, flow)}, but an iterate node goes through a list; connect an output that gives one.`,
        );
      elements |= elementsOf(flow);
    }
    return elements === 0n ? undefined : elements;
  },

  collect(entering, refused) {
    let gathered = 0n;
    for (const [edge, flow] of entering) {
      if (flow === undefined) continue;
      const isItem = edge.destination.field === 'item';
      if (!isItem && elementsOf(flow) === 0n) {
        refused.set(edge, `${gives(edge, flow)}, but "collection" takes a list; lead it to "item" instead.`);
        continue;
      }
      const together = gathered | ((isItem ? flow : gatheredOf(flow)) & ~NULL_FLOW);
      if (together === gathered) continue;
      const type = mostGeneral(together);
      if (type === undefined) refused.set(edge, notOfOneType(edge, flow, gathered));
      else if (listOf(type) === undefined)
        refused.set(
          edge,
          `${gives(edge, flow)}, and no list can be inside that many lists; gather its elements instead.`,
        );
      else gathered = together;
    }
    return entering.length === 0 ? undefined : listOf(mostGeneral(gathered) ?? ANY_FLOW);
  },

  if(entering, _refused, literal) {
    let flow = 0n;
    for (const field of INLETS.if) {
      const edges = entering.filter(([edge]) => edge.destination.field === field);
      if (edges.length === 0) flow |= literal(field);
      for (const [, brought] of edges) flow |= brought ?? 0n;
    }
    return flow;
  },
};

const notOfOneType = (edge: GraphEdge, flow: Flow, gathered: Flow): string =>
  gathered === 0n
    ? `${gives(edge, flow)}, but a collect node gathers values of one type; connect an output that always gives the same.`
    : `${gives(edge, flow)}, but the collect node gathers ${flowText(gathered, TYPES_LISTED_MAX)} already, and takes values of one type; give each type a collect node of its own.`;

/** Why an edge from a control node does not fit its input, as a sentence; undefined when it fits or is judged elsewhere. */
export function flowRefusal(graph: FlowGraph, edge: GraphEdge): string | undefined {
  const { source, destination } = edge;
  const from = graph.typeOf(source.node_id);
  const to = graph.typeOf(destination.node_id);
  if (from === undefined || to === undefined || !isOutlet(from, source.field)) return undefined;
  const input = inputOf(to, destination.field);
  const flow = graph.resolved(source.node_id);
  if (input === undefined || flow === undefined || isInlet(to, destination.field)) return undefined;
  if (graph.fit.fits(flow, input.field_type)) return undefined;
  const why =
    from.control === 'iterate'
      ? 'the type of an iterator’s list must match all inputs that its item leads to'
      : 'connect an output that fits';
  return `${gives(edge, flow)}, but "${destination.node_id}.${destination.field}" takes ${input.field_type}; ${why}.`;
}

/** A submitted graph as resolving sees it, and what was resolved of it so far. */
export class ResolvedGraph implements FlowGraph {
  readonly fit = new FlowFit();
  readonly #types: NodeTypes;
  readonly #nodes: Graph['nodes'];
  readonly #supplied: SuppliedFields;
  readonly #entering = new Map<string, GraphEdge[]>();
  readonly #flows = new Map<string, Flow>();
  readonly #refused = new Map<GraphEdge, string>();

  /** `ids`: the nodes to resolve, parents before children. */
  constructor({ nodes, edges }: Graph, types: NodeTypes, ids: Iterable<string>, supplied: SuppliedFields = new Map()) {
    this.#types = types;
    this.#nodes = nodes;
    this.#supplied = supplied;
    for (const edge of edges) {
      const known = this.#entering.get(edge.destination.node_id);
      if (known) known.push(edge);
      else this.#entering.set(edge.destination.node_id, [edge]);
    }
    for (const id of ids) {
      const control = types.get(id)?.control;
      if (control === undefined) continue;
      const { flow, refused } = resolveNode(this, id, control);
      if (flow !== undefined) this.#flows.set(id, flow);
      for (const [edge, why] of refused) this.#refused.set(edge, why);
    }
  }

  typeOf(id: string): NodeType | undefined {
    return this.#types.get(id);
  }

  edgesInto(id: string): Iterable<GraphEdge> {
    return this.#entering.get(id) ?? [];
  }

  literal(id: string, field: string): Flow {
    if (this.#supplied.get(id)?.has(field)) return ANY_FLOW;
    const node = own(this.#nodes, id);
    return flowOfLiteral(node && own(node, field));
  }

  resolved(id: string): Flow | undefined {
    return this.#flows.get(id);
  }

  /** Why an edge into or out of a control node does not fit. */
  refusal(edge: GraphEdge): string | undefined {
    return this.#refused.get(edge) ?? flowRefusal(this, edge);
  }

  /** Node id → what its outlet gives, as field types are written. */
  get outlets(): Map<string, string> {
    return new Map([...this.#flows].map(([id, flow]) => [id, flowText(flow)]));
  }
}

/**
 * Control node id → the type of its `item`, `collection` or `value` in this graph, written as field types are (with
 * `[][]` for lists of lists): for editors and pages. A node of which it cannot be known is left out.
 */
export function resolveOutlets(graph: Graph, catalogue: Catalogue): Map<string, string> {
  const ids = Object.keys(graph.nodes);
  const types = new Map(ids.map((id) => [id, nodeTypeOf(catalogue, own(graph.nodes, id)?.type ?? '')]));
  return new ResolvedGraph(graph, types, shapeOf(types, graph.edges).topological).outlets;
}
