/**
 * What a graph alone decides, worked out once for the thousands of sessions that share it: who waits for whom, where
 * each input comes from, which outputs stay on the device.
 */
import type { Catalogue, InputField, NodeType } from '../../contract/graph/catalogue.ts';
import type { GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import { inputOf, nodeTypeOf, outputOf } from '../catalogue.ts';
import { isEphemeral } from '../field-type/parse.ts';
import { LiteralCheck } from '../literal.ts';
import { own } from '../own.ts';

/** Where an input's value comes from, when an edge brings it. */
export interface PreparedSource {
  /** Index of the producing node. */
  node: number;
  field: string;
  ephemeral: boolean;
}

export interface PreparedInput {
  name: string;
  field: InputField;
  check: LiteralCheck;
  /** What the graph itself gives: the pinned literal. */
  literal: unknown;
  source: PreparedSource | undefined;
}

export interface PreparedNode {
  id: string;
  node: GraphNode;
  nodeType: NodeType;
  classIndex: number;
  /** In the catalogue's order. */
  inputs: PreparedInput[];
  /** Names of the outputs that stay on the device. */
  ephemeralOutputs: string[];
  /** Indexes of the nodes that wait for this one, each once, ascending. */
  children: number[];
}

export class PreparedGraph {
  readonly nodes: readonly PreparedNode[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** By node: how many others it waits for. */
  readonly parentCounts: Int32Array;
  /** By node: how many inputs take an ephemeral output of it. */
  readonly ephemeralUses: Int32Array;
  readonly hasEphemeralEdges: boolean;
  /** Node indexes, producers before consumers; nodes in a circle are not in it. */
  readonly topological: readonly number[];

  /** Throws when the catalogue lacks a type of the graph: a lease must not have been granted then. */
  constructor(graph: PinnedGraph, catalogue: Catalogue) {
    this.indexOf = new Map(graph.nodes.map((node, index) => [node.id, index]));
    const classes = new Map<string, number>();
    this.nodes = graph.nodes.map((node) => {
      const nodeType = nodeTypeOf(catalogue, node.type);
      if (nodeType === undefined) throw new Error(`the catalogue has no node type "${node.type}"`);
      if (!classes.has(node.type)) classes.set(node.type, classes.size);
      return {
        id: node.id,
        node,
        nodeType,
        classIndex: classes.get(node.type) ?? 0,
        inputs: preparedInputs(node, nodeType),
        ephemeralOutputs: Object.keys(nodeType.outputs).filter((name) => isEphemeralOutput(nodeType, name)),
        children: [],
      };
    });
    this.ephemeralUses = new Int32Array(this.nodes.length);
    this.parentCounts = new Int32Array(this.nodes.length);
    this.#link(graph);
    this.hasEphemeralEdges = this.ephemeralUses.some((uses) => uses > 0);
    this.topological = this.#sorted();
  }

  #link(graph: PinnedGraph): void {
    const parents = this.nodes.map(() => new Set<number>());
    for (const { source, destination } of graph.edges) {
      const from = this.indexOf.get(source.node_id);
      const to = this.indexOf.get(destination.node_id);
      const producer = this.nodes[from ?? -1];
      const input = this.nodes[to ?? -1]?.inputs.find(({ name }) => name === destination.field);
      if (from === undefined || to === undefined || producer === undefined || input === undefined)
        throw new Error(
          `the edge ${source.node_id}.${source.field} → ${destination.node_id}.${destination.field} leads nowhere`,
        );
      const ephemeral = isEphemeralOutput(producer.nodeType, source.field);
      input.source = { node: from, field: source.field, ephemeral };
      if (ephemeral) this.ephemeralUses[from] = (this.ephemeralUses[from] ?? 0) + 1;
      parents[to]?.add(from);
    }
    parents.forEach((of, child) => {
      this.parentCounts[child] = of.size;
      for (const parent of of) this.nodes[parent]?.children.push(child);
    });
  }

  #sorted(): number[] {
    const waiting = this.parentCounts.slice();
    const order = [...waiting.keys()].filter((index) => waiting[index] === 0);
    for (let at = 0; at < order.length; at++)
      for (const child of this.nodes[order[at] ?? -1]?.children ?? []) {
        waiting[child] = (waiting[child] ?? 0) - 1;
        if (waiting[child] === 0) order.push(child);
      }
    return order;
  }
}

function preparedInputs(node: GraphNode, nodeType: NodeType): PreparedInput[] {
  const inputs: PreparedInput[] = [];
  for (const name of Object.keys(nodeType.inputs)) {
    const field = inputOf(nodeType, name);
    if (field === undefined) continue;
    inputs.push({ name, field, check: new LiteralCheck(field), literal: own(node, name), source: undefined });
  }
  return inputs;
}

const isEphemeralOutput = (nodeType: NodeType, name: string): boolean =>
  isEphemeral(outputOf(nodeType, name)?.field_type ?? 'any');

const PREPARED = new WeakMap<PinnedGraph, { catalogue: Catalogue; prepared: PreparedGraph }>();

/** The preparation of `graph`, made once for as long as that object lives; neither argument may change afterwards. */
export function preparedGraph(graph: PinnedGraph, catalogue: Catalogue): PreparedGraph {
  const known = PREPARED.get(graph);
  if (known !== undefined && known.catalogue === catalogue) return known.prepared;
  const prepared = new PreparedGraph(graph, catalogue);
  PREPARED.set(graph, { catalogue, prepared });
  return prepared;
}
