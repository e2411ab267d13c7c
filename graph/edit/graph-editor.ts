/**
 * Edits a graph step by step, with InvokeAI's calls and rules: an edit that makes no sense is refused when it is made,
 * with a sentence that says why. It may leave a graph unfinished (a required value missing, a list nowhere gathered);
 * `faults` says what is still wrong with the whole. Pure: no network, no clock; for programs and for pages.
 */
import type { z } from 'zod';
import { zodFaults } from '../../contract/error/faults.ts';
import type { Fault } from '../../contract/error/problem.ts';
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';
import { Graph, type GraphEdge, SourceNode } from '../../contract/graph/graph.ts';
import { nodeTypeOf, outputOf } from '../catalogue.ts';
import { FaultList } from '../faults.ts';
import { flowOfLiteral, flowText } from '../field-type/flow.ts';
import { own } from '../own.ts';
import { isEqual } from '../schema/equal.ts';
import { checkEnds, checkFit, checkFree, takesMany } from '../validate/edge.ts';
import { isInlet, isOutlet, flowRefusal as refusalOf } from '../validate/resolve.ts';
import { pinGraph } from '../validate.ts';
import { EdgeIndex } from './edge-index.ts';
import {
  InvalidEdgeError,
  InvalidGraphError,
  InvalidNodeError,
  NodeAlreadyInGraphError,
  NodeNotFoundError,
  NodeTypeError,
} from './errors.ts';
import { FlowIndex } from './flow-index.ts';

/** A node as its author writes it: `{ id: 'sum', type: 'add', a: 1 }`. */
export type NodeInput = z.input<typeof SourceNode> & { id: string };

/** A graph as its author writes it. */
export type GraphInput = z.input<typeof Graph>;

type Port = GraphEdge['source'];

export class GraphEditor {
  readonly catalogue: Catalogue;
  readonly #id: string | undefined;
  #nodes = new Map<string, SourceNode>();
  readonly #types = new Map<string, NodeType | undefined>();
  #edges: EdgeIndex;
  #flows: FlowIndex;

  /**
   * Takes any graph that the contract takes, right or wrong; an edge that stands twice is taken once. Throws
   * InvalidGraphError on what is no graph. Later changes of `graph` do not reach the editor.
   */
  constructor(catalogue: Catalogue, graph: GraphInput = { nodes: {} }) {
    const parsed = Graph.safeParse(graph);
    if (!parsed.success) throw new InvalidGraphError(zodFaults(parsed.error));
    this.catalogue = catalogue;
    this.#id = parsed.data.id;
    for (const [id, node] of Object.entries(parsed.data.nodes)) this.#put(id, copy(node));
    this.#edges = new EdgeIndex(parsed.data.edges);
    this.#flows = this.#newFlows();
  }

  /** The graph as it stands, for a request or a file: a copy. */
  get graph(): Graph {
    const nodes = Object.fromEntries([...this.#nodes].map(([id, node]) => [id, copy(node)]));
    const graph: Graph = { nodes, edges: this.edges.map(copy) };
    return this.#id === undefined ? graph : { id: this.#id, ...graph };
  }

  toJSON(): Graph {
    return this.graph;
  }

  /** Another editor of the same graph; edits of one do not reach the other. */
  copy(): GraphEditor {
    return new GraphEditor(this.catalogue, this.graph);
  }

  /** Whether both graphs are the same: nodes by id, edges in order. */
  equals(other: GraphEditor): boolean {
    return isEqual(this.graph, other.graph);
  }

  /** Everything that a request with this graph would be refused for; pointers lead into the graph. Linear. */
  faults(): Fault[] {
    const result = pinGraph(this.graph, this.catalogue, []);
    return result.ok ? [] : result.faults;
  }

  get isValid(): boolean {
    return this.faults().length === 0;
  }

  get nodeIds(): string[] {
    return [...this.#nodes.keys()];
  }

  hasNode(id: string): boolean {
    return this.#nodes.has(id);
  }

  /** A copy. Throws NodeNotFoundError. */
  getNode(id: string): SourceNode & { id: string } {
    return { ...copy(this.#found(id)), id };
  }

  /** Answers the node's id. Its values are not judged yet. Throws NodeAlreadyInGraphError, NodeTypeError, InvalidNodeError. */
  addNode(node: NodeInput): string {
    const added = parsedNode(node);
    if (this.#nodes.has(node.id)) throw new NodeAlreadyInGraphError(node.id);
    if (nodeTypeOf(this.catalogue, added.type) === undefined) {
      const hint = new FaultList().suggest(added.type, Object.keys(this.catalogue.node_types));
      throw new NodeTypeError(node.id, added.type, `There is no node type "${added.type}".${hint}`);
    }
    this.#put(node.id, added);
    this.#flows.resolve([node.id, ...this.#nodesAfter(node.id)]);
    return node.id;
  }

  /** With its edges. False when there is no such node. */
  deleteNode(id: string): boolean {
    if (!this.#nodes.delete(id)) return false;
    const behind = this.#nodesAfter(id);
    for (const edge of [...this.#edges.into(id), ...this.#edges.outOf(id)]) this.#edges.delete(edge);
    this.#types.delete(id);
    this.#flows.delete(id);
    this.#flows.resolve(behind);
    return true;
  }

  /**
   * Puts `node` in the place of the node `id`, all of its fields. A new id takes the edges along, and keeps the node's
   * place in the order. Throws NodeNotFoundError, NodeTypeError on another type, NodeAlreadyInGraphError, InvalidNodeError.
   */
  updateNode(id: string, node: NodeInput): void {
    const { type } = this.#found(id);
    const updated = parsedNode(node);
    if (updated.type !== type)
      throw new NodeTypeError(
        id,
        updated.type,
        `Node "${id}" is of type "${type}", not "${updated.type}"; delete it and add another.`,
      );
    if (node.id !== id) {
      if (this.#nodes.has(node.id)) throw new NodeAlreadyInGraphError(node.id);
      this.#rename(id, node.id);
    }
    this.#put(node.id, updated);
    this.#flows.resolve([node.id]);
  }

  /** In the order in which they were added, which is the order in which a collector gathers. Frozen. */
  get edges(): GraphEdge[] {
    return [...this.#edges];
  }

  /** The edges that end at a node, or at one input of it, in order. Costs nothing but those edges. */
  edgesInto(id: string, field?: string): GraphEdge[] {
    return [...(field === undefined ? this.#edges.into(id) : this.#edges.taking({ node_id: id, field }))];
  }

  /** The edges that begin at a node, in order. */
  edgesOutOf(id: string): GraphEdge[] {
    return [...this.#edges.outOf(id)];
  }

  /** Throws InvalidEdgeError; `edgeFaults` says on what, and what it costs. */
  addEdge(edge: GraphEdge): GraphEdge {
    const faults = this.edgeFaults(edge);
    if (faults.length > 0) throw new InvalidEdgeError(edge, faults);
    const changes = !this.#flows.absorbs(edge);
    const added = this.#edges.add(edge);
    if (changes) this.#flows.resolve([edge.destination.node_id]);
    return added;
  }

  /** `connect('noise.noise', 'denoise.noise')`. A port is a node's id and, after its last dot, a field. */
  connect(source: string, destination: string): GraphEdge {
    return this.addEdge({ source: portOf(source), destination: portOf(destination) });
  }

  /** False when there is no such edge. */
  deleteEdge(edge: GraphEdge): boolean {
    const deleted = this.#edges.delete(edge);
    if (deleted !== undefined) this.#flows.resolve([edge.destination.node_id]);
    return deleted !== undefined;
  }

  /**
   * What `addEdge` would refuse this edge for: just what the whole graph with it would be refused for at its edges, and
   * without it would not. Both nodes exist; the input is free; no circle; the types fit, and so do all others that
   * follow from this edge through control nodes. The search for a circle costs the edges behind the destination; the
   * types cost the edges of the control nodes behind it, as far as something changes there.
   */
  edgeFaults(edge: GraphEdge): Fault[] {
    const faults = new FaultList();
    checkEnds(edge, this.#types, [], faults);
    if (!faults.isEmpty) return faults.faults;
    checkFree(edge, this.#occupant(edge), [], faults);
    const { source, destination } = edge;
    if (this.#edges.leadsTo(destination.node_id, source.node_id))
      faults.add([], 'cycle', `"${destination.node_id}" leads to "${source.node_id}": the edge would close a circle.`);
    if (faults.isEmpty) checkFit(edge, this.#types, () => this.#flowRefusal(edge), [], faults);
    return faults.faults;
  }

  /** The type of an output in this graph, through control nodes; undefined when it cannot be known, or does not exist. */
  outputType(id: string, field: string): string | undefined {
    const type = this.#types.get(id);
    if (type === undefined) return undefined;
    if (!isOutlet(type, field)) return outputOf(type, field)?.field_type;
    const flow = this.#flows.resolved(id);
    return flow === undefined ? undefined : flowText(flow);
  }

  #found(id: string): SourceNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new NodeNotFoundError(id, new FaultList().suggest(id, this.#nodes.keys()));
    return node;
  }

  #put(id: string, node: SourceNode): void {
    this.#nodes.set(id, node);
    this.#types.set(id, nodeTypeOf(this.catalogue, node.type));
  }

  #nodesAfter(id: string): string[] {
    return [...this.#edges.outOf(id)].map(({ destination }) => destination.node_id);
  }

  #newFlows(): FlowIndex {
    const nodes = {
      typeOf: (id: string) => this.#types.get(id),
      literal: (id: string, field: string) => flowOfLiteral(own(this.#nodes.get(id) ?? {}, field)),
    };
    const flows = new FlowIndex(nodes, this.#edges);
    flows.resolve(this.#nodes.keys());
    return flows;
  }

  #rename(id: string, renamed: string): void {
    const name = (old: string) => (old === id ? renamed : old);
    const port = ({ node_id, field }: Port): Port => ({ node_id: name(node_id), field });
    this.#nodes = new Map([...this.#nodes].map(([old, node]) => [name(old), node]));
    this.#types.set(renamed, this.#types.get(id));
    this.#types.delete(id);
    this.#edges = new EdgeIndex(
      this.edges.map(({ source, destination }) => ({ source: port(source), destination: port(destination) })),
    );
    this.#flows = this.#newFlows();
  }

  /** The edge that bars this one: the same, or one into an input that takes no other. */
  #occupant(edge: GraphEdge): GraphEdge | undefined {
    const { node_id, field } = edge.destination;
    if (takesMany(this.#types.get(node_id), field)) return this.#edges.get(edge);
    const [first] = this.#edges.taking(edge.destination);
    return first;
  }

  /** Tries the edge, looks whom it harms, and takes it out again. */
  #flowRefusal(edge: GraphEdge): string | undefined {
    const { node_id, field } = edge.destination;
    const type = this.#types.get(node_id);
    if (type === undefined || !isInlet(type, field)) return refusalOf(this.#flows, edge);
    if (this.#flows.absorbs(edge)) return undefined;
    const tried = this.#edges.add(edge);
    const after = this.#flows.resolve([node_id]);
    this.#edges.delete(tried);
    const before = this.#flows.resolve([node_id]);
    const ofItself = after.get(tried);
    if (ofItself !== undefined) return ofItself;
    for (const [other, why] of after) if (!before.has(other)) return `With this edge, ${why}`;
    return undefined;
  }
}

function parsedNode(node: NodeInput): SourceNode {
  const parsed = SourceNode.required({ id: true }).safeParse(node);
  if (!parsed.success) throw new InvalidNodeError(zodFaults(parsed.error));
  return copy(parsed.data);
}

function portOf(text: string): Port {
  const dot = text.lastIndexOf('.');
  return { node_id: text.slice(0, dot), field: text.slice(dot + 1) };
}

/** A graph is JSON: this is a copy of all of it, of own properties only. */
const copy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));
