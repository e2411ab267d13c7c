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
  const { a, b, start, stop, step } = inputs as Record<string, number>;
  const { value, collection, latents } = inputs;
  switch (type) {
    case 'prompt':
      return { prompt: inputs.prompt };
    case 'text_to_image':
    case 'image_to_image':
      return { image: { image_name: source_id } };
    case 'list':
      return { collection: inputs.images };
    case 'color':
      return { color: inputs.color };
    case 'range':
      return { collection: range(Number(start), Number(stop), Number(step)) };
    case 'add':
      return { value: Number(a) + Number(b) };
    case 'multiply':
      return { value: Number(a) * Number(b) };
    case 'error':
      throw new Error('This node always fails.');
    case 'tens':
      return { collection: [10 * Number(value), 10 * Number(value) + 1] };
    case 'list_unless':
      return { collection: value === 0 || inputs.empty ? [] : [value] };
    case 'pair_unless_zero':
      return { collection: value === 0 ? [] : [0, 1] };
    case 'concat':
      return { collection: [...(inputs.a as unknown[]), ...(inputs.b as unknown[])] };
    case 'prepend':
      return { collection: [value, ...(collection as unknown[])] };
    case 'split_latents':
      return { collection: [0, 1].map((part) => ({ shape: [1, 4, 8, 8], part, of: latents })) };
    case 'join_latents':
      return { latents: { shape: [1, 4, 8, 8], parts: collection } };
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

/** `stop` exclusive. */
const range = (start: number, stop: number, step: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, at) => start + at * step);
