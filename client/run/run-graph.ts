/** One graph run as one session, followed to its end: what it returns, or why there is nothing. */

import type { ItemSummary } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import type { ProgressImage } from '../../contract/runner/socket.ts';
import type { StreamDisconnected, StreamFrame } from '../events/stream-cursor.ts';
import { freshId } from '../fresh-id.ts';
import { patiently } from '../patience.ts';
import type { GraphInput, QueueChange } from '../queue-change.ts';
import { RunCanceledError, RunFailedError, type StoppedRun } from './errors.ts';
import { type EnqueuedItems, type Follower, type FollowOptions, follow, type TakeContext } from './follow.ts';
import { type GraphSource, type PlainGraph, plainGraph } from './graph-source.ts';
import { type BuiltNode, checkOutput, idOf, RunResult } from './run-result.ts';

export interface RunOptions extends FollowOptions, Omit<GraphInput, 'graph'> {
  /** Nodes that must have an output; refused before anything is enqueued where they cannot. */
  output?: string | BuiltNode | readonly (string | BuiltNode)[];
  onProgress?: (progress: RunProgress) => void;
  /** Everything that the event stream brings of the run. */
  onEvent?: (event: StreamFrame) => void;
}

export interface RunProgress {
  item_id: number;
  /** Of the graph as it was given. */
  node_id: string;
  /** The node's id, and its iteration path when it has one. */
  invocation_id: string;
  type: string;
  phase: 'started' | 'running' | 'completed';
  message: string;
  /** 0 to 1; null when the node does not tell. */
  percentage: number | null;
  image: ProgressImage | null;
  /** Invocations that have completed, as far as was told. */
  completed: number;
}

export async function runGraph(
  queue: QueueChange,
  source: GraphSource,
  { signal, timeout_ms, output = [], onProgress, onEvent, ...batch }: RunOptions = {},
): Promise<RunResult> {
  const graph = plainGraph(source);
  const wanted = ([output].flat() as (string | BuiltNode)[]).map(idOf);
  for (const nodeId of wanted) checkOutput(graph, nodeId);
  const batch_id = freshId();
  const follower = new GraphFollower(queue, { batch_id, graph }, { onProgress, onEvent });
  const result = await follow(queue, { batch: { ...batch, batch_id, graph } }, follower, { signal, timeout_ms });
  for (const nodeId of wanted) if (result.outputsOf(nodeId).length === 0) result.output(nodeId);
  return result;
}

type InvocationEvent = Extract<
  StreamFrame,
  { name: 'invocation_started' | 'invocation_progress' | 'invocation_complete' }
>;

type End = Pick<ItemSummary, 'status' | 'error_type' | 'error_message' | 'error_traceback'>;

const CANCELED: End = { status: 'canceled', error_type: null, error_message: null, error_traceback: null };

class GraphFollower implements Follower<RunResult> {
  readonly #queue: QueueChange;
  readonly #run: { batch_id: string; graph: PlainGraph };
  readonly #told: Pick<RunOptions, 'onProgress' | 'onEvent'>;
  #item_id: number | null = null;
  #completed = 0;
  #end: End | null = null;

  constructor(
    queue: QueueChange,
    run: { batch_id: string; graph: PlainGraph },
    told: { onProgress: RunOptions['onProgress'] | undefined; onEvent: RunOptions['onEvent'] | undefined },
  ) {
    this.#queue = queue;
    this.#run = run;
    this.#told = told as Pick<RunOptions, 'onProgress' | 'onEvent'>;
  }

  get done(): boolean {
    return this.#end !== null;
  }

  enqueued({ first_item_id }: EnqueuedItems): void {
    this.#item_id = first_item_id;
  }

  async take(frames: readonly (StreamFrame | StreamDisconnected)[], { known, signal }: TakeContext): Promise<void> {
    for (const frame of frames) {
      if (frame.name === 'disconnected' || !this.#isOurs(frame)) continue;
      this.#told.onEvent?.(frame);
      switch (frame.name) {
        case 'invocation_started':
        case 'invocation_progress':
        case 'invocation_complete':
          this.#progress(frame);
          break;
        case 'queue_item_status_changed':
          if (isFinal(frame.status)) this.#end = frame;
          break;
        // What these say is not told item by item, or stands for what was missed.
        case 'queue_items_canceled':
        case 'queue_cleared':
        case 'snapshot':
          await known;
          await this.#look(signal);
          break;
      }
      // After its end nothing of it is news.
      if (this.#end) return;
    }
  }

  async result(signal: AbortSignal): Promise<RunResult> {
    const item_id = this.#item_id ?? 0;
    const end = this.#end ?? CANCELED;
    if (end.status === 'failed') throw new RunFailedError(item_id, end);
    if (end.status !== 'completed') throw new RunCanceledError(item_id);
    const { outputs } = await patiently(() => this.#queue.outputs(item_id, { signal }), signal);
    return new RunResult({ ...this.#run, item_id, outputs });
  }

  async cancel(signal: AbortSignal): Promise<Omit<StoppedRun, 'batch_id'>> {
    const { status } = await this.#queue.cancel(this.#item_id ?? 0, { signal });
    return { canceled: status === 'canceled', status };
  }

  /** Of this run, or of the queue as a whole. A retry that somebody asked for is another item of the same batch. */
  #isOurs(frame: StreamFrame): boolean {
    if ('batch_id' in frame && frame.batch_id !== this.#run.batch_id) return false;
    if (!('item_id' in frame)) return true;
    this.#item_id ??= frame.item_id;
    return frame.item_id === this.#item_id;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const item_id = this.#item_id;
    if (item_id === null) return;
    const found = await patiently(async (): Promise<End | null> => {
      for await (const item of this.#queue.summariesByIds([item_id], { signal })) return item;
      return null;
    }, signal);
    // One that is not there any more was removed.
    if (found === null || isFinal(found.status)) this.#end = found ?? CANCELED;
  }

  #progress(frame: InvocationEvent): void {
    if (frame.name === 'invocation_complete') this.#completed++;
    this.#told.onProgress?.({
      item_id: frame.item_id,
      node_id: frame.invocation_source_id,
      invocation_id: frame.invocation_id,
      type: frame.invocation.type,
      completed: this.#completed,
      ...newsOf(frame),
    });
  }
}

function newsOf(frame: InvocationEvent): Pick<RunProgress, 'phase' | 'message' | 'percentage' | 'image'> {
  switch (frame.name) {
    case 'invocation_started':
      return { phase: 'started', message: '', percentage: null, image: null };
    case 'invocation_progress':
      return { phase: 'running', message: frame.message, percentage: frame.percentage, image: frame.image };
    case 'invocation_complete':
      return { phase: 'completed', message: '', percentage: 1, image: null };
  }
}
