/** Where the output of an invocation can come from other than its node: what the same work gave at another time. */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { Invocation } from '../../graph/session/step.ts';
import type { Node } from '../nodes/node.ts';
import type { Task } from './task.ts';

export interface Work {
  task: Task;
  invocation: Invocation;
  node: Node;
}

/** As its node would return it: one live value for each output field, without `type`. */
export type FoundOutput = Record<string, unknown>;

export interface ResultSource {
  /** Asked after the hooks before the node and instead of calling it; undefined: the node is called. */
  find(work: Work): FoundOutput | undefined | Promise<FoundOutput | undefined>;
  /**
   * What the node has given now, live and as it is recorded; never called with what was found. Answers the name under
   * which the queue may keep the record for other sessions, if it may.
   */
  keep(work: Work, given: { output: Record<string, unknown>; result: NodeOutput }): string | undefined;
}
