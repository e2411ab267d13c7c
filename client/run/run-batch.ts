/** Enqueues a batch, of one item or a million, and follows it to its end. */
import { PAGE_SIZE_MAX } from '../../contract/limits.ts';
import type { StreamDisconnected, StreamFrame } from '../events/stream-cursor.ts';
import { freshId } from '../fresh-id.ts';
import { pagesOf } from '../pages.ts';
import { patiently } from '../patience.ts';
import type { BatchSource, QueueChange } from '../queue-change.ts';
import { BatchTally, type EndedItem } from './batch-tally.ts';
import type { StoppedRun } from './errors.ts';
import { type EnqueuedItems, type Follower, type FollowOptions, follow, type TakeContext } from './follow.ts';
import { ItemIds } from './item-ids.ts';

export interface BatchWatcher {
  /** The batch was enqueued; `total` is known. */
  onEnqueued?(tally: BatchTally, itemIds: readonly number[]): void;
  /** Something changed; called for frames that came together. */
  onChange?(tally: BatchTally): void;
  /** The event stream lost the service, and waits for it; or has it again. */
  onConnection?(connected: boolean): void;
  /** An item became final. The next one is not looked at before this resolves. */
  onEnded?(item: EndedItem, tally: BatchTally): Promise<void> | void;
}

/** When the signal fires or the time is over, the batch is canceled; RunAbortedError and RunTimedOutError say how that went. */
export function runBatch(
  queue: QueueChange,
  body: BatchSource,
  { signal, timeout_ms, ...watcher }: BatchWatcher & FollowOptions = {},
): Promise<BatchTally> {
  const batch_id = body.batch.batch_id ?? freshId();
  const named = { ...body, batch: { ...body.batch, batch_id } };
  return follow(queue, named, new BatchFollower(queue, batch_id, watcher), { signal, timeout_ms });
}

class BatchFollower implements Follower<BatchTally> {
  readonly #queue: QueueChange;
  readonly #tally: BatchTally;
  readonly #watcher: BatchWatcher;

  constructor(queue: QueueChange, batchId: string, watcher: BatchWatcher) {
    this.#queue = queue;
    this.#tally = new BatchTally(batchId);
    this.#watcher = watcher;
  }

  get done(): boolean {
    return this.#tally.done;
  }

  enqueued({ first_item_id, count }: EnqueuedItems): void {
    this.#tally.enqueued(first_item_id, count);
    this.#watcher.onEnqueued?.(
      this.#tally,
      Array.from({ length: count }, (_, index) => first_item_id + index),
    );
  }

  async take(frames: readonly (StreamFrame | StreamDisconnected)[], context: TakeContext): Promise<void> {
    for (const frame of frames) {
      switch (frame.name) {
        case 'disconnected':
          this.#watcher.onConnection?.(false);
          break;
        case 'hello':
          this.#watcher.onConnection?.(true);
          break;
        // What it says is not told item by item, or stands for what was missed.
        case 'queue_cleared':
        case 'snapshot':
          await context.known;
          await this.#look(context.signal);
          break;
        default:
          await this.#ended(this.#tally.take(frame));
      }
    }
    this.#watcher.onChange?.(this.#tally);
  }

  async result(): Promise<BatchTally> {
    return this.#tally;
  }

  async cancel(signal: AbortSignal): Promise<Omit<StoppedRun, 'batch_id'>> {
    await this.#queue.cancelByBatchIds([this.#tally.batch_id], { signal });
    return { canceled: true, status: null };
  }

  /** The items themselves, instead of what their events would have said. */
  async #look(signal: AbortSignal): Promise<void> {
    const { batch_id, ended } = this.#tally;
    const present = new ItemIds();
    const page = (cursor: string | undefined) =>
      patiently(
        () => this.#queue.list({ batch_id, limit: PAGE_SIZE_MAX, ...(cursor ? { cursor } : {}) }, { signal }),
        signal,
      );
    for await (const item of pagesOf(page, ({ items }) => items)) {
      present.add(item.item_id);
      if (!ended.has(item.item_id)) await this.#ended(this.#tally.takeItem(item));
    }
    await this.#ended(this.#tally.removed(present));
  }

  async #ended(items: readonly EndedItem[]): Promise<void> {
    for (const item of items) await this.#watcher.onEnded?.(item, this.#tally);
  }
}
