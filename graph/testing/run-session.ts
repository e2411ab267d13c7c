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

/** The nodes of the test catalogue, in as few words as possible. */
export const runNode: Run = ({ type, inputs, source_id }: Invocation) => {
  const { value, a, b, collection, start, stop } = inputs as Record<string, number> & { collection: unknown };
  switch (type) {
    case 'prompt':
      return { prompt: inputs.prompt };
    case 'text_to_image':
      return { image: { image_name: source_id } };
    case 'range':
      return { collection: Array.from({ length: Number(stop) - Number(start) }, (_, at) => Number(start) + at) };
    case 'add':
      return { value: Number(a) + Number(b) };
    case 'noise':
      return { noise: { shape: [1, 4, 8, 8], of: source_id }, width: inputs.width };
    case 'denoise':
      return { latents: { shape: [1, 4, 8, 8], from: inputs.noise } };
    case 'latents_to_image':
      return { image: { image_name: source_id } };
    default:
      return { value, collection };
  }
};
