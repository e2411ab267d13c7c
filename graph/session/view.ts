/** A session as InvokeAI shows it, rebuilt from what the queue stores: graph, substitutions, recorded invocations. */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { GraphNode, NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import { SESSION_SHOWN_LENGTH_MAX } from '../../contract/limits.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { InvocationRecord, SessionView } from '../../contract/queue/item.ts';
import { jsonLengthExceeds } from '../bytes.ts';
import { put } from '../own.ts';
import type { SessionLimits } from './budget.ts';
import { type ExecutionGraph, executionGraph, invocationNode } from './execution-graph.ts';
import { ReplayError, Session } from './session.ts';
import { withoutAssets } from './stored-value.ts';

/** What the view needs of a recorded invocation. */
export type ViewedRecord = Pick<
  InvocationRecord,
  'invocation_id' | 'invocation_source_id' | 'status' | 'result' | 'error'
>;

/** Characters that an invocation, or an edge between two, takes at least: its ids stand in several tables. */
const SHOWN_LENGTH = 100;

/** Invocations, values and edges beyond which there is nothing to show, so that nobody waits for more to be made. */
const SHOWN_MAX = SESSION_SHOWN_LENGTH_MAX / 2 / SHOWN_LENGTH;
const SHOWN_LIMITS: SessionLimits = {
  invocations: SHOWN_MAX,
  gathered: SHOWN_MAX,
  paths: 4 * SHOWN_MAX,
  matches: 40 * SHOWN_MAX,
};

/**
 * `records` in order of completion; failed ones among them. Records that this engine cannot replay are shown as they
 * are, and `replay_error` says why. Undefined when it would be larger than SESSION_SHOWN_LENGTH_MAX: a few lists make
 * very many invocations.
 */
export function sessionView(
  session_id: string,
  graph: PinnedGraph,
  values: readonly NodeFieldValue[],
  records: readonly ViewedRecord[],
  catalogue: Catalogue,
): SessionView | undefined {
  const nodes = substitutedNodes(graph, values);
  const shown = { id: session_id, nodes: Object.fromEntries(nodes), edges: graph.edges };
  const base = {
    id: session_id,
    graph: shown,
    errors: Object.fromEntries(
      records.flatMap(({ invocation_id, error }) =>
        error === null ? [] : [[invocation_id, `${error.error_type}: ${error.error_message}`] as const],
      ),
    ),
    ready_order: [],
  };
  const results = recordedResults(records);
  const session = new Session(graph, values, catalogue, SHOWN_LIMITS);
  try {
    session.restore(results.map(([invocation_id, result]) => ({ invocation_id, result: withoutAssets(result) })));
    const state = session.expansion.isTooLarge ? undefined : sessionState(session_id, session, nodes, results);
    return state && { ...base, ...state };
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    if (session.expansion.isTooLarge) return undefined;
    return { ...base, ...rawState(shown, results), replay_error: error.message };
  }
}

type State = Pick<
  SessionView,
  | 'execution_graph'
  | 'executed'
  | 'executed_history'
  | 'results'
  | 'prepared_source_mapping'
  | 'source_prepared_mapping'
> & { prepared_iteration_paths: Record<string, number[]>; indegree: Record<string, number> };

function sessionState(
  session_id: string,
  session: Session,
  nodes: ReadonlyMap<string, GraphNode>,
  recorded: readonly (readonly [string, NodeOutput])[],
): State | undefined {
  const expanded = executionGraph(session.expansion, SHOWN_MAX);
  if (expanded === undefined) return undefined;
  const derived = session.derived();
  if (jsonLengthExceeds([...derived.values()], SESSION_SHOWN_LENGTH_MAX / 2)) return undefined;
  const { invocations, edges, indegrees } = expanded;
  if (shownLength(invocations, nodes) > SESSION_SHOWN_LENGTH_MAX / 2) return undefined;
  const shown = invocations.map(({ id, source_id }) => {
    const node = nodes.get(source_id);
    if (node === undefined) throw new Error(`the graph has no node "${source_id}"`);
    return [id, invocationNode(node, id)] as const;
  });
  const ended = invocations.flatMap(({ id, hasEnded }) => (hasEnded ? [id] : []));
  return {
    execution_graph: { id: session_id, nodes: Object.fromEntries(shown), edges },
    executed: [...new Set([...session.executed, ...ended])],
    executed_history: [...session.history],
    results: Object.fromEntries([...recorded, ...derived]),
    prepared_source_mapping: Object.fromEntries(invocations.map(({ id, source_id }) => [id, source_id])),
    source_prepared_mapping: Object.fromEntries(session.prepared()),
    prepared_iteration_paths: Object.fromEntries(invocations.map(({ id, path }) => [id, path])),
    indegree: Object.fromEntries(indegrees),
  };
}

/** Characters of JSON of a node for each invocation: a long text stands in all of them. */
function shownLength(invocations: ExecutionGraph['invocations'], nodes: ReadonlyMap<string, GraphNode>): number {
  const lengths = new Map([...nodes].map(([id, node]) => [id, JSON.stringify(node).length]));
  return invocations.reduce((length, { source_id }) => length + (lengths.get(source_id) ?? 0), 0);
}

/** What is known without replay. */
function rawState(graph: unknown, results: readonly (readonly [string, NodeOutput])[]): State {
  const ids = results.map(([id]) => id);
  return {
    execution_graph: graph,
    executed: ids,
    executed_history: ids,
    results: Object.fromEntries(results),
    prepared_source_mapping: {},
    source_prepared_mapping: {},
    prepared_iteration_paths: {},
    indegree: {},
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

/** The nodes of the graph with an item's substitutions, by id. */
export function substitutedNodes({ nodes }: PinnedGraph, values: readonly NodeFieldValue[]): Map<string, GraphNode> {
  const shown = new Map(nodes.map((node) => [node.id, { ...node }]));
  for (const { node_path, field_name, value } of values) {
    const node = shown.get(node_path);
    if (node !== undefined) put(node, field_name, value);
  }
  return shown;
}
