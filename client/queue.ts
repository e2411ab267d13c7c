/** One queue: its calls, its events, and work that is followed to its end. */
import { InvocationCacheClient } from './invocation-cache.ts';
import { MirrorCalls } from './mirror/mirror-calls.ts';
import { type MirrorOptions, QueueMirror } from './mirror/queue-mirror.ts';
import { type BatchSource, QueueChange } from './queue-change.ts';
import type { BatchTally } from './run/batch-tally.ts';
import type { FollowOptions } from './run/follow.ts';
import type { GraphSource } from './run/graph-source.ts';
import { type BatchWatcher, runBatch } from './run/run-batch.ts';
import { type RunOptions, runGraph } from './run/run-graph.ts';
import type { RunResult } from './run/run-result.ts';
import type { Transport } from './transport.ts';

export type { BatchInput, GraphInput } from './queue-change.ts';
export type { ItemListQuery } from './queue-look.ts';

export class QueueClient extends QueueChange {
  readonly invocationCache: InvocationCacheClient;

  constructor(transport: Transport, queueId: string) {
    super(transport, queueId);
    this.invocationCache = new InvocationCacheClient(transport, queueId);
  }

  /**
   * Runs a graph, as one session, and resolves with what it returned. Ended by the signal or the time limit, it is
   * canceled. Throws RunFailedError, RunCanceledError, RunAbortedError, RunTimedOutError, OutputMissingError.
   */
  run(graph: GraphSource, options: RunOptions = {}): Promise<RunResult> {
    return runGraph(this, graph, options);
  }

  /** The same for a batch, however large: its items are counted, and each is told of when it ends. */
  runBatch(body: BatchSource, options: BatchWatcher & FollowOptions = {}): Promise<BatchTally> {
    return runBatch(this, body, options);
  }

  /** A live copy of what this key may know of the queue, for pages and programs that look at it. */
  mirror(options: MirrorOptions = {}): QueueMirror {
    const calls = new MirrorCalls(this.transport, this.path);
    const events = (after: number | undefined) => this.events({ after });
    return new QueueMirror({ queue_id: this.queue_id, calls, events }, options);
  }
}
