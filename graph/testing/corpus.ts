/**
 * Sessions as an engine ran them, kept as files: whatever becomes of the engine, as long as its number stays the same
 * they replay to the same (D1). test/support/record-corpus.ts writes them, `../session/corpus.test.ts` replays them.
 */
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';
import type { NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { CONTROL_NODE_TYPES } from '../control.ts';
import { Session } from '../session/session.ts';
import type { Invocation, SessionStep } from '../session/step.ts';
import { catalogueOf } from './node-types.ts';
import { runRandom } from './random-session.ts';
import { type Run, runNode } from './run-session.ts';

/** What can be seen before a step. */
export interface CorpusMoment {
  /** How many sources of the history are executed. */
  executed: number;
  skipped: string[];
  /** In the order in which they would run. */
  ready: string[];
}

export interface CorpusSession {
  title: string;
  graph: PinnedGraph;
  values: NodeFieldValue[];
  /** The graph's node types, but for the engine's own. */
  node_types: NodeType[];
  /** Node type → name of the function that ran it. */
  functions: Record<string, FunctionName>;
  /** An invocation that fails in place of its function. */
  fails?: string;
  results: RecordedResult[];
  /** One before each result, and one after the last. */
  moments: CorpusMoment[];
  history: string[];
  derived: Record<string, NodeOutput>;
  end: Exclude<SessionStep, { kind: 'invocation' }>;
}

/** By name, so that a file can say which one ran. Once recorded, a function stays as it is. */
const FUNCTIONS = { test: runNode, random: runRandom } satisfies Record<string, Run>;
export type FunctionName = keyof typeof FUNCTIONS;

export const catalogueFor = ({ node_types }: Pick<CorpusSession, 'node_types'>): Catalogue =>
  catalogueOf(...CONTROL_NODE_TYPES, ...node_types);

/** A failing invocation throws. */
export function runAs({ functions, fails }: Pick<CorpusSession, 'functions' | 'fails'>, invocation: Invocation) {
  if (invocation.id === fails) throw new Error(FAILURE);
  const name = functions[invocation.type];
  if (name === undefined) throw new Error(`no function for "${invocation.type}"`);
  return FUNCTIONS[name](invocation);
}

const FAILURE = 'ValueError: this one fails.';

export const newSession = (corpus: Pick<CorpusSession, 'graph' | 'values' | 'node_types'>): Session =>
  new Session(corpus.graph, corpus.values, catalogueFor(corpus));

export const momentOf = (session: Session): CorpusMoment => ({
  executed: session.history.length,
  skipped: [...session.skipped].sort(),
  ready: session.ready(),
});

/** To the end; recomputed invocations are not told. */
export function runCorpus(
  session: Session,
  corpus: Pick<CorpusSession, 'functions' | 'fails'>,
): { order: string[]; moments: CorpusMoment[]; end: CorpusSession['end'] } {
  const order: string[] = [];
  const moments = [momentOf(session)];
  for (;;) {
    const step = session.next();
    if (step.kind === 'input_error') session.fail(step.invocation_id, step.message);
    if (step.kind !== 'invocation') return { order, moments, end: step };
    const { id, recompute } = step.invocation;
    try {
      session.complete(id, runAs(corpus, step.invocation));
    } catch (error) {
      session.fail(id, (error as Error).message);
      continue;
    }
    if (recompute) continue;
    order.push(id);
    moments.push(momentOf(session));
  }
}
