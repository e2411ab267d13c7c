/** A session as InvokeAI shows it, rebuilt from what the queue stores: graph, substitutions, recorded invocations. */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { GraphNode, NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { InvocationRecord, SessionView } from '../../contract/queue/item.ts';
import { put } from '../own.ts';
import { ReplayError, Session } from './session.ts';

/** What the view needs of a recorded invocation. */
export type ViewedRecord = Pick<
  InvocationRecord,
  'invocation_id' | 'invocation_source_id' | 'status' | 'result' | 'error'
>;

/**
 * `records` in order of completion; failed ones among them. Records that this engine cannot replay are shown as they
 * are, and `replay_error` says why.
 */
export function sessionView(
  session_id: string,
  graph: PinnedGraph,
  values: readonly NodeFieldValue[],
  records: readonly ViewedRecord[],
  catalogue: Catalogue,
): SessionView {
  const nodes = substituted(graph.nodes, values);
  const ids = graph.nodes.map(({ id }) => id);
  const ended = endedSources(graph, values, records, catalogue);
  const shown = { id: session_id, nodes, edges: graph.edges };
  return {
    id: session_id,
    graph: shown,
    // Without iteration every node has one invocation, of the same id.
    execution_graph: shown,
    executed: ended.executed,
    executed_history: ended.history,
    results: Object.fromEntries(recordedResults(records)),
    errors: Object.fromEntries(
      records.flatMap(({ invocation_id, error }) =>
        error === null ? [] : [[invocation_id, `${error.error_type}: ${error.error_message}`] as const],
      ),
    ),
    prepared_source_mapping: Object.fromEntries(ids.map((id) => [id, id])),
    source_prepared_mapping: Object.fromEntries(ids.map((id) => [id, [id]])),
    prepared_iteration_paths: Object.fromEntries(ids.map((id) => [id, []])),
    indegree: Object.fromEntries(indegrees(graph, new Set(ended.executed))),
    ready_order: [],
    ...(ended.replay_error === undefined ? {} : { replay_error: ended.replay_error }),
  };
}

/** What somebody sees who may know that the item exists and nothing more of it. */
export function redactedSession(): SessionView {
  const empty = { id: 'redacted', nodes: {}, edges: [] };
  return {
    id: 'redacted',
    graph: empty,
    execution_graph: empty,
    executed: [],
    executed_history: [],
    results: {},
    errors: {},
    prepared_source_mapping: {},
    source_prepared_mapping: {},
  };
}

const recordedResults = (records: readonly ViewedRecord[]): [string, NodeOutput][] =>
  records.flatMap(({ invocation_id, status, result }) =>
    status === 'completed' && result !== null ? [[invocation_id, result]] : [],
  );

function endedSources(
  graph: PinnedGraph,
  values: readonly NodeFieldValue[],
  records: readonly ViewedRecord[],
  catalogue: Catalogue,
): { executed: string[]; history: string[]; replay_error?: string } {
  const results = recordedResults(records).map(([invocation_id, result]) => ({ invocation_id, result }));
  try {
    const session = new Session(graph, values, catalogue);
    session.restore(results);
    return { executed: [...session.executed], history: [...session.history] };
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    const history = results.map(({ invocation_id }) => invocation_id);
    return { executed: history, history, replay_error: error.message };
  }
}

function substituted(nodes: readonly GraphNode[], values: readonly NodeFieldValue[]): Record<string, GraphNode> {
  const shown = new Map(nodes.map((node) => [node.id, { ...node }]));
  for (const { node_path, field_name, value } of values) {
    const node = shown.get(node_path);
    if (node !== undefined) put(node, field_name, value);
  }
  return Object.fromEntries(shown);
}

/** By invocation: edges from others that have not completed. */
function indegrees({ nodes, edges }: PinnedGraph, executed: ReadonlySet<string>): Map<string, number> {
  const counts = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { source, destination } of edges)
    if (!executed.has(source.node_id)) counts.set(destination.node_id, (counts.get(destination.node_id) ?? 0) + 1);
  return counts;
}
