/** Runs sessions of the test catalogue without a runner. */

import type { Session } from '../session/session.ts';
import type { Invocation } from '../session/step.ts';

/** What a node's function is to a test. */
export type Run = (invocation: Invocation) => Record<string, unknown>;

export interface Trace {
  /** Invocation ids in the order in which they ran; recomputed ones end in "!". */
  order: string[];
  /** The inputs that each had, by the same names. */
  inputs: Record<string, Record<string, unknown>>;
  /** How it ended: the kind of the last step. */
  end: string;
}

/** To the end, or for `limit` invocations. A node that throws fails its session, as in the runner. */
export function runSession(session: Session, run: Run, limit = Number.POSITIVE_INFINITY): Trace {
  const trace: Trace = { order: [], inputs: {}, end: 'limit' };
  while (trace.order.length < limit) {
    const step = session.next();
    if (step.kind === 'input_error') session.fail(step.invocation_id, step.message);
    else if (step.kind !== 'invocation') {
      trace.end = step.kind;
      return trace;
    } else {
      const { id, recompute, inputs } = step.invocation;
      const name = recompute ? `${id}!` : id;
      trace.order.push(name);
      trace.inputs[name] = inputs;
      try {
        session.complete(id, run(step.invocation));
      } catch (error) {
        session.fail(id, (error as Error).message);
      }
    }
  }
  return trace;
}
