/**
 * Which results of other sessions a session takes instead of running their nodes. What is durable is taken as it is. Of
 * what stays on a device only the mark can be taken, and the value itself would have to be made again as soon as
 * something needs it: so such a result is taken only where nothing will, since all that take the value are taken
 * themselves, or were recorded before. @pure
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import type { PreparedGraph, PreparedNode } from '../session/prepared-graph.ts';
import { outputComplaint } from '../session/record.ts';

/**
 * Those of `cached` to take, by invocation id. `recorded`: what earlier leases of the same item recorded. It is decided
 * from the graph alone, so it errs on the side of running: what is behind an iteration takes nothing.
 */
export function takenResults(
  graph: PreparedGraph,
  recorded: readonly RecordedResult[],
  cached: readonly RecordedResult[],
): Map<string, NodeOutput> {
  const known = new Set(recorded.map(({ invocation_id }) => invocation_id));
  const offered = new Map(cached.map(({ invocation_id, result }) => [invocation_id, result]));
  const taken = new Map<string, NodeOutput>();
  /** By node: nothing that has to run takes a live value of it. */
  const spared = new Uint8Array(graph.nodes.length);
  for (const index of graph.topological.toReversed()) {
    const node = graph.nodes[index] as PreparedNode;
    spared[index] = node.liveChildren.every((child) => isSpared(graph.nodes[child] as PreparedNode)) ? 1 : 0;
    const result = offered.get(node.id);
    if (result === undefined || known.has(node.id) || !fits(node, result)) continue;
    if (node.ephemeralOutputs.length === 0 || spared[index] === 1) taken.set(node.id, result);
  }
  function isSpared(child: PreparedNode): boolean {
    if (child.control !== undefined) return child.control !== 'iterate' && spared[child.index] === 1;
    return known.has(child.id) || taken.has(child.id);
  }
  return taken;
}

const fits = ({ nodeType, node, control, scope }: PreparedNode, result: NodeOutput): boolean =>
  control === undefined &&
  scope.length === 0 &&
  nodeType.deterministic &&
  node.use_cache &&
  result.type === nodeType.output_type &&
  outputComplaint(nodeType, result) === undefined;
