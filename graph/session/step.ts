/** What a session wants next; the answer of `Session.next()`. */
import type { GraphNode, NodeOutput } from '../../contract/graph/graph.ts';

/** One copy of an ordinary node, ready to run. */
export interface Invocation {
  id: string;
  source_id: string;
  type: string;
  /** The node with its batch substitutions, as events show it. */
  node: GraphNode;
  /** Every input field with its value: literal, default, or what came along an edge (a copy; ephemerals by reference). */
  inputs: Record<string, unknown>;
  /** It was recorded before and runs again only because its ephemeral outputs are needed: never report it again. */
  recompute: boolean;
  /** What another session recorded for the same work; it need not run, and has no inputs here. */
  offered?: NodeOutput;
}

/**
 * The inputs do not fit their fields: a node error, `NodeInputError`. Of a control node, or where the graph expands
 * beyond the limits, it is the node at fault; there, the path may be shorter than that of its invocations.
 */
export interface InputErrorStep {
  kind: 'input_error';
  invocation_id: string;
  source_id: string;
  /** Dotted, `[i]` for an element, as in `items[3].width`. */
  field: string;
  message: string;
}

export type SessionStep =
  | { kind: 'invocation'; invocation: Invocation }
  | InputErrorStep
  /** Every invocation has ended well. */
  | { kind: 'complete' }
  /** An invocation failed; fail-fast leaves the rest. */
  | { kind: 'failed'; invocation_id: string; message: string }
  /** Nothing is ready and yet the session is not complete: a defect, named by what is blocked. */
  | { kind: 'stalled'; blocked: string[] };
