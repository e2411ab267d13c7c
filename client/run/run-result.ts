/** What a run gave: the results of its session's non-intermediate invocations. @pure */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { ItemOutputs } from '../../contract/queue/item.ts';
import type { ResultOf } from '../graph/result.ts';
import { OutputMissingError, SeveralOutputsError } from './errors.ts';
import type { PlainGraph } from './graph-source.ts';

/** A node as the graph builder hands it out. */
export type BuiltNode = { readonly id: string; readonly out: object };

export const idOf = (node: string | BuiltNode): string => (typeof node === 'string' ? node : node.id);

export class RunResult {
  readonly status = 'completed';
  readonly item_id: number;
  readonly batch_id: string;
  /** In order of completion. */
  readonly outputs: ItemOutputs['outputs'];
  readonly #graph: PlainGraph;

  constructor(run: { item_id: number; batch_id: string; outputs: ItemOutputs['outputs']; graph: PlainGraph }) {
    this.item_id = run.item_id;
    this.batch_id = run.batch_id;
    this.outputs = run.outputs;
    this.#graph = run.graph;
  }

  /**
   * What the one invocation of a node returned: of a node of a builder, typed as the catalogue declares it, or of a node by
   * its id. Throws OutputMissingError or SeveralOutputsError.
   */
  output<Node extends BuiltNode>(node: Node): ResultOf<Node>;
  output<Output extends NodeOutput = NodeOutput>(nodeId: string): Output;
  output(node: string | BuiltNode): NodeOutput {
    const nodeId = idOf(node);
    const [only, ...more] = this.outputsOf(nodeId);
    if (only === undefined) throw new OutputMissingError(nodeId, 'no_result');
    if (more.length > 0) throw new SeveralOutputsError(nodeId, 1 + more.length);
    return only;
  }

  /** What its invocations returned, by iteration path; none where it did not run. Throws OutputMissingError. */
  outputsOf<Node extends BuiltNode>(node: Node): ResultOf<Node>[];
  outputsOf<Output extends NodeOutput = NodeOutput>(nodeId: string): Output[];
  outputsOf(node: string | BuiltNode): NodeOutput[] {
    const nodeId = idOf(node);
    checkOutput(this.#graph, nodeId);
    const found = this.outputs.filter((output) => output.invocation_source_id === nodeId);
    return found
      .sort((a, b) => comparePaths(pathOf(a.invocation_id), pathOf(b.invocation_id)))
      .map((output) => output.result);
  }
}

/** Throws OutputMissingError for a node that cannot have an output. */
export function checkOutput({ nodes }: PlainGraph, nodeId: string): void {
  const node = Object.hasOwn(nodes, nodeId) ? nodes[nodeId] : undefined;
  if (node === undefined) throw new OutputMissingError(nodeId, 'not_in_graph');
  if (node.is_intermediate) throw new OutputMissingError(nodeId, 'intermediate');
}

/** Of `blur#0,2`: 0 and 2. */
const pathOf = (invocationId: string): number[] => invocationId.split('#')[1]?.split(',').map(Number) ?? [];

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
