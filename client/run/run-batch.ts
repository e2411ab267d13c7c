/** Enqueues a batch and follows it to its end. */

import type { StreamFrame } from '../events/stream-cursor.ts';
import type { BatchInput, QueueClient } from '../queue.ts';
import { BatchTally, type EndedItem } from './batch-tally.ts';
import { RunAbortedError } from './errors.ts';

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

/** How long the service may take to cancel what an aborted run leaves behind. */
const CANCEL_MS = 5_000;

/**
 * When `signal` fires the batch is canceled and RunAbortedError thrown. The batch is named here, so that it can be
 * canceled even if the answer to the enqueue never came.
 */
export async function runBatch(
  queue: QueueClient,
  body: BatchInput,
  { signal, ...watcher }: BatchWatcher & { signal: AbortSignal },
): Promise<BatchTally> {
  const tally = new BatchTally(body.batch.batch_id ?? crypto.randomUUID());
  const { batch_id } = tally;
  // A service that cannot be reached fails here; the stream would wait for it.
  await queue.status({ signal });
  const stream = queue.events({ batch_id, signal });
  const batches = stream.batches();
  try {
    // Events are watched from before the batch exists: none is missed.
    await batches.next();
    signal.throwIfAborted();
    const enqueued = await queue.enqueueBatch({ ...body, batch: { ...body.batch, batch_id } }, { signal });
    tally.total = enqueued.enqueued;
    watcher.onEnqueued?.(tally, enqueued.item_ids);
    while (!tally.done) {
      const { value: frames, done } = await batches.next();
      signal.throwIfAborted();
      if (done) break;
      for (const frame of frames) {
        if (frame.name === 'disconnected') watcher.onConnection?.(false);
        else if (frame.name === 'hello') watcher.onConnection?.(true);
        else for (const item of await news(queue, tally, frame)) await watcher.onEnded?.(item, tally);
      }
      watcher.onChange?.(tally);
    }
    return tally;
  } catch (error) {
    if (!signal.aborted) throw error;
    const answer = queue.cancelByBatchIds([batch_id], { signal: AbortSignal.timeout(CANCEL_MS) });
    throw new RunAbortedError(await answer.then(Boolean, () => false), signal.reason);
  } finally {
    stream.close();
  }
}

/** What a frame ended. A snapshot stands for events that are gone, so the items are read instead. */
async function news(queue: QueueClient, tally: BatchTally, frame: StreamFrame): Promise<EndedItem[]> {
  if (frame.name !== 'snapshot') return tally.take(frame);
  const ended: EndedItem[] = [];
  for await (const item of queue.items({ batch_id: tally.batch_id })) ended.push(...tally.takeItem(item));
  return ended;
}
