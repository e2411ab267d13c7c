/** Where the output of an invocation can come from other than its node: what the same work gave at another time. */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { Invocation } from '../../graph/session/step.ts';
import type { Node } from '../nodes/node.ts';
import type { KeptAsset } from './invocation-cache.ts';
import type { Task } from './task.ts';

export interface Work {
  task: Task;
  invocation: Invocation;
  node: Node;
}

export interface FoundOutput extends WorkOutput {
  /** To be stored again, as if its node had run: the store may not have them any more. */
  assets: readonly KeptAsset[];
}

export interface WorkOutput {
  /** As its node would return it: one live value for each output field, without `type`. */
  output: Record<string, unknown>;
  /** What the node took when it ran. */
  seconds: number;
}

export interface GivenOutput extends WorkOutput {
  isFound: boolean;
}

export interface ResultSource {
  /** Asked after the hooks before the node and instead of calling it; undefined: the node is called. */
  find(work: Work): FoundOutput | undefined;
  /** What the node gave now, or what was found; whether the queue should keep the record for other sessions. */
  given(work: Work, given: GivenOutput): boolean;
  /** What the queue brought for an invocation that the session takes from another one, as its record says it. */
  recordOf(task: Task, invocation_id: string): NodeOutput | undefined;
}
