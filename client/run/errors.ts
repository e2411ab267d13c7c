/** How following a run can end other than well. */
import type { Status } from '../../contract/queue/status.ts';
import { SwitchyardError } from '../errors.ts';

/** A node, its inputs, a time limit or a lost runner ended the session. */
export class RunFailedError extends SwitchyardError {
  override name = 'RunFailedError';
  readonly item_id: number;
  /** The node's own class of error, or one of the system's. */
  readonly error_type: string;
  readonly error_message: string;
  readonly error_traceback: string | null;

  constructor(
    itemId: number,
    error: { error_type: string | null; error_message: string | null; error_traceback?: string | null },
  ) {
    const type = error.error_type ?? 'unknown';
    super(`Item ${itemId} failed: ${type}: ${error.error_message ?? ''}`);
    this.item_id = itemId;
    this.error_type = type;
    this.error_message = error.error_message ?? '';
    this.error_traceback = error.error_traceback ?? null;
  }
}

/** Somebody canceled or removed the item: not this run's own abort. */
export class RunCanceledError extends SwitchyardError {
  override name = 'RunCanceledError';
  readonly item_id: number;

  constructor(itemId: number) {
    super(`Item ${itemId} was canceled.`);
    this.item_id = itemId;
  }
}

export interface StoppedRun {
  batch_id: string;
  /** Nothing of it runs on: it was canceled, or never enqueued. */
  canceled: boolean;
  /** What the item was when that was tried, as far as it is known. */
  status: Status | null;
}

/** The run was ended from here, before it was final. */
abstract class RunStoppedError extends SwitchyardError {
  readonly batch_id: string;
  readonly canceled: boolean;
  readonly status: Status | null;

  constructor(why: string, { batch_id, canceled, status }: StoppedRun, options?: ErrorOptions) {
    super(`${why}; ${outcomeOf(canceled, status)}.`, options);
    this.batch_id = batch_id;
    this.canceled = canceled;
    this.status = status;
  }
}

function outcomeOf(canceled: boolean, status: Status | null): string {
  if (canceled) return 'the run was canceled';
  return status === null ? 'the run could not be canceled and may go on' : `the run was ${status} already`;
}

/** The caller's signal fired; its reason is the cause. */
export class RunAbortedError extends RunStoppedError {
  override name = 'RunAbortedError';

  constructor(run: StoppedRun, cause: unknown) {
    super('Aborted', run, { cause });
  }
}

/** It took longer than `timeout_ms`. */
export class RunTimedOutError extends RunStoppedError {
  override name = 'RunTimedOutError';

  constructor(run: StoppedRun, timeoutMs: number) {
    super(`Not final after ${timeoutMs} ms`, run);
  }
}

/**
 * not_in_graph  the graph has no such node.
 * intermediate  the node is marked is_intermediate, so that its result is no output of the session.
 * no_result     nothing was recorded of it: it was skipped, ran no time at all, or is a control node.
 */
export type MissingReason = 'not_in_graph' | 'intermediate' | 'no_result';

const MISSING: Record<MissingReason, string> = {
  not_in_graph: 'the graph has no such node',
  intermediate: 'it is marked is_intermediate, and only other nodes have outputs',
  no_result: 'it gave no result: it was skipped, iterated over nothing, or is a control node (iterate, collect, if)',
};

export class OutputMissingError extends SwitchyardError {
  override name = 'OutputMissingError';
  readonly node_id: string;
  readonly reason: MissingReason;

  constructor(nodeId: string, reason: MissingReason) {
    super(`There is no output of "${nodeId}": ${MISSING[reason]}.`);
    this.node_id = nodeId;
    this.reason = reason;
  }
}

/** One output was asked for, and iteration made several. */
export class SeveralOutputsError extends SwitchyardError {
  override name = 'SeveralOutputsError';
  readonly node_id: string;
  readonly count: number;

  constructor(nodeId: string, count: number) {
    super(`"${nodeId}" has ${count} outputs, one for each iteration: take them with outputsOf("${nodeId}").`);
    this.node_id = nodeId;
    this.count = count;
  }
}
