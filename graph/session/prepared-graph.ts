/**
 * What a graph alone decides, worked out once for the thousands of sessions that share it: who waits for whom, where
 * each input comes from, in which iterations a node runs, which outputs stay on the device, what only an `if` needs.
 */
import type { Catalogue, InputField, NodeType } from '../../contract/graph/catalogue.ts';
import type { GraphEdge, GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import { inputOf, nodeTypeOf, outputOf } from '../catalogue.ts';
import type { ControlKind } from '../control.ts';
import { isEphemeral } from '../field-type/parse.ts';
import { LiteralCheck } from '../literal.ts';
import { own } from '../own.ts';
import { type ScopeEdge, scopesOf } from '../scope.ts';
import { type Hold, holdsOf } from './hold.ts';

/** Where an input's value comes from, when an edge brings it. */
export interface PreparedSource {
  /** Index of the producing node. */
  node: number;
  field: string;
  /** The value stays on the device; also of a control node, when it passes such values on. */
  ephemeral: boolean;
}

export interface PreparedInput {
  name: string;
  field: InputField;
  check: LiteralCheck;
  /** What the graph itself gives: the pinned literal. */
  literal: unknown;
  /** In the order of the edges: several only into the items of a collector. */
  sources: PreparedSource[];
}

export interface PreparedNode {
  id: string;
  index: number;
  node: GraphNode;
  nodeType: NodeType;
  control: ControlKind | undefined;
  classIndex: number;
  /** In the catalogue's order. */
  inputs: PreparedInput[];
  /** Names of an ordinary node's outputs that stay on the device. */
  ephemeralOutputs: string[];
  /** The iterate nodes that multiply it, in topological order. */
  scope: readonly number[];
  /** Indexes of the nodes that it takes something from, and of those that take something of it: each once, ascending. */
  parents: number[];
  children: number[];
  /** Those of the parents and children whose edge brings what stays on the device. */
  liveParents: number[];
  liveChildren: number[];
  /** Nodes whose copies must be known before its own can be made, and those that wait so for it. */
  preparedAfter: number[];
  preparedBefore: number[];
  /** The branch of an `if` that alone needs it, the innermost of them. */
  hold: Hold | undefined;
  /** Of an `if`: the nodes that it holds back. */
  holding: number[];
}

export class PreparedGraph {
  readonly nodes: readonly PreparedNode[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly hasEphemeralEdges: boolean;
  /** By node: how many others have to be prepared before it. */
  readonly gates: Int32Array;
  /** Node indexes, producers before consumers; nodes in a circle are not in it. */
  readonly topological: readonly number[];

  /** Throws when the catalogue lacks a type of the graph: a lease must not have been granted then. */
  constructor(graph: PinnedGraph, catalogue: Catalogue) {
    this.indexOf = new Map(graph.nodes.map((node, index) => [node.id, index]));
    const classes = new Map<string, number>();
    this.nodes = graph.nodes.map((node, index) => {
      const nodeType = nodeTypeOf(catalogue, node.type);
      if (nodeType === undefined) throw new Error(`the catalogue has no node type "${node.type}"`);
      if (!classes.has(node.type)) classes.set(node.type, classes.size);
      return preparedNode(node, index, nodeType, classes.get(node.type) ?? 0);
    });
    const edges = graph.edges.map((edge) => this.#link(edge));
    const { topological, scopes } = scopesOf(this.nodes, edges);
    this.topological = topological;
    for (const node of this.nodes) node.scope = scopes[node.index] ?? [];
    const holds = holdsOf(this.nodes, edges, topological);
    for (const node of this.nodes) {
      node.hold = holds[node.index];
      if (node.hold !== undefined) this.#node(node.hold.owner).holding.push(node.index);
    }
    this.#relate();
    this.gates = Int32Array.from(this.nodes, ({ preparedAfter }) => preparedAfter.length);
    this.hasEphemeralEdges = this.nodes.some(({ liveParents }) => liveParents.length > 0);
  }

  #link({ source, destination }: GraphEdge): ScopeEdge {
    const from = this.indexOf.get(source.node_id);
    const to = this.indexOf.get(destination.node_id);
    const producer = this.nodes[from ?? -1];
    const input = this.nodes[to ?? -1]?.inputs.find(({ name }) => name === destination.field);
    if (from === undefined || to === undefined || producer === undefined || input === undefined)
      throw new Error(
        `the edge ${source.node_id}.${source.field} → ${destination.node_id}.${destination.field} leads nowhere`,
      );
    input.sources.push({ node: from, field: source.field, ephemeral: false });
    return { from, to, field: destination.field };
  }

  /** Parents before children, since a control node passes on what its parents give; what runs in a circle, last. */
  #relate(): void {
    for (const index of new Set([...this.topological, ...this.nodes.keys()])) {
      const node = this.#node(index);
      const parents = new Set<number>();
      const live = new Set<number>();
      for (const { sources } of node.inputs)
        for (const source of sources) {
          source.ephemeral = isEphemeralOutput(this.#node(source.node), source.field);
          parents.add(source.node);
          if (source.ephemeral) live.add(source.node);
        }
      node.parents = ascending(parents);
      node.liveParents = ascending(live);
      for (const parent of parents) this.#node(parent).children.push(index);
      for (const parent of live) this.#node(parent).liveChildren.push(index);
      node.preparedAfter = node.control === 'if' ? decidedBy(node) : node.parents;
      for (const before of node.preparedAfter) this.#node(before).preparedBefore.push(index);
    }
    for (const { children, liveChildren, preparedBefore } of this.nodes)
      for (const list of [children, liveChildren, preparedBefore]) list.sort((a, b) => a - b);
  }

  #node(index: number): PreparedNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`the graph has no node ${index}`);
    return node;
  }
}

const ascending = (indexes: Iterable<number>): number[] => [...indexes].sort((a, b) => a - b);

/** The branches of an `if` come later: one that holds a whole iteration could not wait for the `if` otherwise. */
const decidedBy = ({ scope, inputs }: PreparedNode): number[] =>
  ascending(new Set([...scope, ...(inputNamed(inputs, 'condition')?.sources ?? []).map(({ node }) => node)]));

export const inputNamed = (inputs: readonly PreparedInput[], wanted: string): PreparedInput | undefined =>
  inputs.find(({ name }) => name === wanted);

function preparedNode(node: GraphNode, index: number, nodeType: NodeType, classIndex: number): PreparedNode {
  const { control } = nodeType;
  const ephemeralOutputs =
    control === undefined ? Object.keys(nodeType.outputs).filter((name) => declaresEphemeral(nodeType, name)) : [];
  return {
    ...{ id: node.id, index, node, nodeType, control, classIndex, ephemeralOutputs },
    inputs: preparedInputs(node, nodeType),
    ...{ scope: [], parents: [], children: [], liveParents: [], liveChildren: [] },
    ...{ preparedAfter: [], preparedBefore: [], hold: undefined, holding: [] },
  };
}

function preparedInputs(node: GraphNode, nodeType: NodeType): PreparedInput[] {
  const inputs: PreparedInput[] = [];
  for (const name of Object.keys(nodeType.inputs)) {
    const field = inputOf(nodeType, name);
    if (field === undefined) continue;
    inputs.push({ name, field, check: new LiteralCheck(field), literal: own(node, name), sources: [] });
  }
  return inputs;
}

const declaresEphemeral = (nodeType: NodeType, name: string): boolean =>
  isEphemeral(outputOf(nodeType, name)?.field_type ?? 'any');

/** The sources of a control node are known by now. */
function isEphemeralOutput({ nodeType, control, inputs }: PreparedNode, field: string): boolean {
  if (control === undefined) return declaresEphemeral(nodeType, field);
  if (control === 'iterate' && field !== 'item') return false;
  return inputs.some(({ name, sources }) => name !== 'condition' && sources.some(({ ephemeral }) => ephemeral));
}

const PREPARED = new WeakMap<PinnedGraph, { catalogue: Catalogue; prepared: PreparedGraph }>();

/** The preparation of `graph`, made once for as long as that object lives; neither argument may change afterwards. */
export function preparedGraph(graph: PinnedGraph, catalogue: Catalogue): PreparedGraph {
  const known = PREPARED.get(graph);
  if (known !== undefined && known.catalogue === catalogue) return known.prepared;
  const prepared = new PreparedGraph(graph, catalogue);
  PREPARED.set(graph, { catalogue, prepared });
  return prepared;
}
