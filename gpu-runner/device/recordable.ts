/** From what a node returned to what is recorded of it, within what a session may record. */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { SESSION_OUTPUT_BYTES_MAX, SESSION_STORED_BYTES_MAX } from '../../contract/limits.ts';
import { outputComplaint } from '../../graph/session/record.ts';
import type { Invocation } from '../../graph/session/step.ts';
import type { Node } from '../nodes/node.ts';
import { OutputError, stored, type Write } from './stored-values.ts';

/** How much a session has recorded. */
export interface RecordedSize {
  /** Characters of JSON of all results. */
  length: number;
  /** Bytes of values that were kept as assets here. */
  stored: number;
}

export const recordedSize = (results: readonly { result: NodeOutput }[]): RecordedSize => ({
  length: results.reduce((length, { result }) => length + JSON.stringify(result).length, 0),
  stored: 0,
});

export interface Recording {
  session: { complete(invocation_id: string, output: Record<string, unknown>): NodeOutput };
  node: Node;
  size: RecordedSize;
  write: Write;
}

/** Completes the invocation, or throws what the queue would refuse anyway, in words for the node's author. */
export function recordable(
  { session, node, size, write }: Recording,
  { id, inputs, recompute }: Invocation,
  output: Record<string, unknown>,
): NodeOutput {
  const complaint = outputComplaint(node.definition, output);
  if (complaint !== undefined) throw new OutputError(complaint);
  const result = session.complete(id, output);
  if (recompute) return result;
  const recorded = stored(node.definition, result, inputs, (bytes) => {
    size.stored += bytes.length;
    if (size.stored > SESSION_STORED_BYTES_MAX)
      throw new OutputError(
        `With these outputs the session has more than ${SESSION_STORED_BYTES_MAX} bytes of values that are too large ` +
          'for a record; make shorter lists, or split the work into a batch of sessions.',
      );
    return write(bytes);
  });
  size.length += JSON.stringify(recorded).length;
  if (size.length > SESSION_OUTPUT_BYTES_MAX)
    throw new OutputError(
      `With these outputs the session has ${size.length} bytes of JSON, and ${SESSION_OUTPUT_BYTES_MAX} are allowed; ` +
        'write what is large as assets, or split the work into a batch of sessions.',
    );
  return recorded;
}
