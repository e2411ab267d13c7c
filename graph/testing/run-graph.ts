/** Runs a graph of the test catalogue to its end, and says what its nodes gave. */
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { Session } from '../session/session.ts';
import { graphOf, sessionOf } from './graph-builder.ts';
import { type Run, runNode, runSession, type Trace } from './run-session.ts';

export type Nodes = Parameters<typeof graphOf>[0];

export interface RunGraph extends Trace {
  session: Session;
  history: string;
  /** Invocation id → what it gave: the one value of most nodes. */
  valuesOf(source_id: string): Record<string, unknown>;
}

/** `edges` as graphOf takes them. */
export function runGraph(nodes: Nodes, edges: string[], values: NodeFieldValue[] = [], run: Run = runNode): RunGraph {
  const session = sessionOf(graphOf(nodes, ...edges), values);
  const trace = runSession(session, run);
  const outputs = new Map([...session.results, ...session.derived()]);
  const valuesOf = (source_id: string) =>
    Object.fromEntries(
      (session.prepared().get(source_id) ?? []).flatMap((id) => {
        const output = outputs.get(id);
        return output === undefined ? [] : [[id, Object.entries(output).find(([key]) => key !== 'type')?.[1]]];
      }),
    );
  return { ...trace, session, history: session.history.join(' '), valuesOf };
}

/** Nodes that many tests use. */
export const iterate = { type: 'iterate' };
export const collect = { type: 'collect' };
export const range = (stop: number) => ({ type: 'range', stop });
export const integers = (...collection: number[]) => ({ type: 'integers', collection });
