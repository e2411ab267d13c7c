/**
 * Enqueues a batch under a name of its own and follows it. It is watched from before it exists, so that nothing of it is
 * missed; what is told of it before the enqueue is answered counts, and so does a batch whose answer was lost.
 */
import type { ErrorCode } from '../../contract/error/codes.ts';
import { ProblemError, SwitchyardError } from '../errors.ts';
import type { StreamDisconnected, StreamFrame } from '../events/stream-cursor.ts';
import type { BatchSource, QueueChange } from '../queue-change.ts';
import { turnedAway } from '../retry.ts';
import { RunAbortedError, RunTimedOutError, type StoppedRun } from './errors.ts';
import { type Stop, stopOf } from './stop.ts';

/** How long the service may take to cancel what is ended here: the wait for an enqueue that is under way included. */
export const CANCEL_MS = 5_000;

/** Refusals that do not say that nothing happened. */
const MAYBE_DONE: ReadonlySet<ErrorCode> = new Set(['internal', 'idempotency_in_progress']);

/** The items of a batch: this id and the `count` − 1 that follow. */
export interface EnqueuedItems {
  first_item_id: number;
  count: number;
}

export interface TakeContext {
  /** Resolves when it is known which items there are, or that nothing more will be known. */
  known: Promise<void>;
  signal: AbortSignal;
}

export interface Follower<Result> {
  /** Which items there are; called once, before the end of the first `take` that needs it. */
  enqueued(items: EnqueuedItems): void;
  /** What came of the stream, in order. */
  take(frames: readonly (StreamFrame | StreamDisconnected)[], context: TakeContext): Promise<void>;
  readonly done: boolean;
  /** Called when it is done. */
  result(signal: AbortSignal): Promise<Result>;
  /** Ends what is not final. */
  cancel(signal: AbortSignal): Promise<Omit<StoppedRun, 'batch_id'>>;
}

export type NamedBatch = BatchSource & { batch: { batch_id: string } };

export interface FollowOptions {
  signal?: AbortSignal | undefined;
  /** From the call to the result; no limit when absent. */
  timeout_ms?: number | undefined;
}

export async function follow<Result>(
  queue: QueueChange,
  body: NamedBatch,
  follower: Follower<Result>,
  options: FollowOptions,
): Promise<Result> {
  const stop = stopOf(options);
  const run = new Followed(queue, body, follower, stop);
  try {
    return await run.toEnd();
  } catch (error) {
    // What ended before the stop has its own end. Anything else may be the stop too, as a function of the caller saw it.
    const isStop = stop.signal.aborted && (error === stop.signal.reason || !run.isOver);
    if (!isStop) {
      // What nobody follows any more must not go on.
      if (!run.isOver) await run.cancel();
      throw error;
    }
    const stopped = { batch_id: body.batch.batch_id, ...(await run.cancel()) };
    throw stop.timedOut
      ? new RunTimedOutError(stopped, options.timeout_ms ?? 0)
      : new RunAbortedError(stopped, stop.signal.reason);
  } finally {
    stop.end();
  }
}

class Followed<Result> {
  readonly #queue: QueueChange;
  readonly #body: NamedBatch;
  readonly #follower: Follower<Result>;
  readonly #stop: Stop;
  /** Ends the enqueue by itself: the caller's signal must not, or nobody would know whether it happened. */
  readonly #giveUp = new AbortController();
  #state: 'before' | 'enqueueing' | 'enqueued' | 'over' = 'before';
  #failure: { error: unknown } | null = null;
  #settled: () => void = () => {};
  /** The state is not "enqueueing" any more. */
  readonly #known = new Promise<void>((resolve) => {
    this.#settled = resolve;
  });
  readonly #context: TakeContext;

  constructor(queue: QueueChange, body: NamedBatch, follower: Follower<Result>, stop: Stop) {
    this.#queue = queue;
    this.#body = body;
    this.#follower = follower;
    this.#stop = stop;
    this.#context = { known: Promise.race([this.#known, stop.fired]), signal: stop.signal };
  }

  /** It is final, or never was, or was canceled: there is nothing to end. */
  get isOver(): boolean {
    return this.#follower.done || this.#state === 'over';
  }

  async toEnd(): Promise<Result> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const { batch_id } = this.#body.batch;
    const stream = this.#queue.events({ batch_id, signal });
    const batches = stream.batches();
    try {
      // A service that cannot be reached fails here; the stream would wait for it.
      const [{ value: first }] = await Promise.all([batches.next(), this.#queue.status({ signal })]);
      signal.throwIfAborted();
      this.#enqueue(() => stream.close());
      for (let frames = first; frames && !this.#follower.done; ) {
        await this.#take(frames);
        if (this.#follower.done) break;
        ({ value: frames } = await batches.next());
      }
      if (this.#failure) throw this.#failure.error;
      if (!this.#follower.done) {
        signal.throwIfAborted();
        throw new SwitchyardError('The event stream ended before the run did.');
      }
      return await this.#follower.result(signal);
    } finally {
      stream.close();
      // Its answer has nothing to tell any more, unless what it made has to be canceled.
      if (this.isOver) this.#giveUp.abort();
    }
  }

  /** Called when it was stopped, or broke, before its end. */
  async cancel(): Promise<Omit<StoppedRun, 'batch_id'>> {
    const bound = stopOf({ timeout_ms: CANCEL_MS });
    try {
      // An enqueue whose answer is still out must not slip through.
      if (this.#state === 'enqueueing') await Promise.race([this.#known, bound.fired]);
      if (this.#state === 'before' || this.#state === 'over') return { canceled: true, status: null };
      if (this.#state === 'enqueued') return await this.#follower.cancel(bound.signal);
    } catch {
      return { canceled: false, status: null };
    } finally {
      bound.end();
      this.#giveUp.abort();
    }
    return this.#cancelUnknown();
  }

  /** Nobody knows whether it was enqueued: what is there is canceled, and what may still come is not. */
  async #cancelUnknown(): Promise<Omit<StoppedRun, 'batch_id'>> {
    const bound = stopOf({ timeout_ms: CANCEL_MS });
    try {
      const { batch_id } = this.#body.batch;
      const { canceled } = await this.#queue.cancelByBatchIds([batch_id], { signal: bound.signal });
      return { canceled: canceled > 0, status: null };
    } catch {
      return { canceled: false, status: null };
    } finally {
      bound.end();
    }
  }

  /** `end` ends the stream, when nothing more is to be had from it. */
  #enqueue(end: () => void): void {
    this.#state = 'enqueueing';
    this.#answer()
      .then(
        (items) => this.#enqueued(items),
        (error: unknown) => this.#unanswered(error),
      )
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#settled();
        if (this.#failure || this.#follower.done) end();
      });
  }

  async #unanswered(error: unknown): Promise<void> {
    // Its events have told of it already.
    if (this.#state !== 'enqueueing') return;
    this.#failure = { error };
    // It may have happened all the same, and nobody would follow it. Whoever stopped it cancels it.
    const isRefusal = error instanceof ProblemError && !MAYBE_DONE.has(error.code);
    if (!isRefusal && this.#stop.signal.aborted) return;
    if (!isRefusal) await this.#cancelUnknown();
    this.#state = 'over';
  }

  async #answer(): Promise<EnqueuedItems> {
    const { signal } = this.#giveUp;
    let repeated = false;
    try {
      const onRepeat = (why: unknown) => {
        repeated ||= !turnedAway(why);
      };
      const { item_ids, enqueued } = await this.#queue.enqueueBatch(this.#body, { signal, onRepeat });
      return { first_item_id: item_ids[0] ?? 0, count: enqueued };
    } catch (error) {
      // The batch that exists is the one that the first call made.
      if (!repeated || !(error instanceof ProblemError) || error.code !== 'batch_exists') throw error;
      return this.#existing(signal);
    }
  }

  async #existing(signal: AbortSignal): Promise<EnqueuedItems> {
    const { batch_id } = this.#body.batch;
    const { total: count } = await this.#queue.batchStatus(batch_id, { signal });
    for await (const { item_id } of this.#queue.items({ batch_id }, { signal }))
      return { first_item_id: item_id, count };
    return { first_item_id: 0, count: 0 };
  }

  #enqueued(items: EnqueuedItems): void {
    if (this.#state !== 'enqueueing') return;
    this.#state = 'enqueued';
    this.#settled();
    this.#follower.enqueued(items);
  }

  async #take(frames: readonly (StreamFrame | StreamDisconnected)[]): Promise<void> {
    const { batch_id } = this.#body.batch;
    for (const frame of frames)
      if (frame.name === 'batch_enqueued' && frame.batch_id === batch_id)
        this.#enqueued({ first_item_id: frame.first_item_id ?? 0, count: frame.enqueued });
    await this.#follower.take(frames, this.#context);
  }
}
