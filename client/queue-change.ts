/** The calls of one queue that change it: enqueue, cancel, remove, retry, order, pause. */
import type { z } from 'zod';
import type {
  EnqueueBatchBody,
  EnqueueBatchResult,
  EnqueueGraphBody,
  EnqueueGraphResult,
} from '../contract/queue/batch.ts';
import type { ItemSummary } from '../contract/queue/item.ts';
import type { MoveItemBody } from '../contract/queue/order.ts';
import type { CanceledResult, DeletedResult, ProcessorStatus, RetryResult } from '../contract/queue/queue.ts';
import { QueueLook } from './queue-look.ts';
import { type GraphSource, plainGraph } from './run/graph-source.ts';
import type { Call, Options } from './transport.ts';

/** Bodies as a caller writes them: what the contract gives a default may be left out. */
export type BatchInput = z.input<typeof EnqueueBatchBody>;
export type GraphInput = z.input<typeof EnqueueGraphBody>;

/** The same, and the graph may be something that makes one. */
export type BatchSource = Omit<BatchInput, 'batch'> & {
  batch: Omit<BatchInput['batch'], 'graph'> & { graph: GraphSource };
};

export class QueueChange extends QueueLook {
  /**
   * The whole batch or nothing. The call may be repeated by itself when its answer is lost; a `batch_id` of the caller's
   * makes it safe to call again as well: it is refused as a batch that exists.
   */
  enqueueBatch(body: BatchSource, options: Pick<Call, 'signal' | 'onRepeat'> = {}): Promise<EnqueueBatchResult> {
    const json = { ...body, batch: { ...body.batch, graph: plainGraph(body.batch.graph) } };
    // The echo of a large batch is only weight: the caller has it.
    const headers = { prefer: 'return=minimal' };
    return this.transport.json('POST', `${this.path}/enqueue_batch`, { json, headers, creates: true, ...options });
  }

  /** One graph as one item. */
  enqueueGraph(
    body: Omit<GraphInput, 'graph'> & { graph: GraphSource },
    options: Options = {},
  ): Promise<EnqueueGraphResult> {
    const json = { ...body, graph: plainGraph(body.graph) };
    return this.transport.json('POST', `${this.path}/enqueue_graph`, { json, creates: true, ...options });
  }

  /** With its chain. One that is final stays as it is. */
  cancel(itemId: number, options: Options = {}): Promise<ItemSummary> {
    return this.#put(`/i/${itemId}/cancel`, options);
  }

  cancelByBatchIds(batchIds: readonly string[], options: Options = {}): Promise<CanceledResult> {
    return this.#put('/cancel_by_batch_ids', { json: { batch_ids: batchIds }, ...options });
  }

  cancelByDestination(destination: string, options: Options = {}): Promise<CanceledResult> {
    return this.#put('/cancel_by_destination', { query: { destination }, ...options });
  }

  /** Everything that is not final; what is the caller's when they are no admin. So with the calls below. */
  cancelAll(options: Options = {}): Promise<CanceledResult> {
    return this.#put('/cancel_all', options);
  }

  cancelAllExceptCurrent(options: Options = {}): Promise<CanceledResult> {
    return this.#put('/cancel_all_except_current', options);
  }

  /** Removes an item and its chain, canceled first where it is active. */
  delete(itemId: number, options: Options = {}): Promise<void> {
    return this.transport.remove(`${this.path}/i/${itemId}`, options);
  }

  deleteByDestination(destination: string, options: Options = {}): Promise<DeletedResult> {
    return this.transport.json('DELETE', `${this.path}/d/${encodeURIComponent(destination)}`, options);
  }

  /** Removes what waits for its turn. */
  deleteAllExceptCurrent(options: Options = {}): Promise<DeletedResult> {
    return this.#put('/delete_all_except_current', options);
  }

  /** Removes every item, canceled first where it is active. */
  clear(options: Options = {}): Promise<DeletedResult> {
    return this.#put('/clear', options);
  }

  /** Removes every item that has ended. */
  prune(options: Options = {}): Promise<DeletedResult> {
    return this.#put('/prune', options);
  }

  /** Runs items that failed or were canceled anew, each as a new item. */
  retry(itemIds: readonly number[], options: Options = {}): Promise<RetryResult> {
    return this.#put('/retry_items_by_id', { json: itemIds, creates: true, ...options });
  }

  setPriority(itemId: number, priority: number, options: Options = {}): Promise<ItemSummary> {
    return this.#put(`/i/${itemId}/priority`, { json: { priority }, ...options });
  }

  /** `{ before: id }` or `{ after: id }`: beside another pending item of the same user, whose priority it takes. */
  move(itemId: number, beside: MoveItemBody, options: Options = {}): Promise<ItemSummary> {
    return this.#put(`/i/${itemId}/move`, { json: beside, ...options });
  }

  /** Starts nothing more until `resume`. For admins. */
  pause(options: Options = {}): Promise<ProcessorStatus> {
    return this.#put('/processor/pause', options);
  }

  resume(options: Options = {}): Promise<ProcessorStatus> {
    return this.#put('/processor/resume', options);
  }

  /** Lets a runner finish what runs, and end. For admins. */
  drainRunner(runnerId: string, options: Options = {}): Promise<void> {
    return this.#put(`/runners/${encodeURIComponent(runnerId)}/drain`, options);
  }

  #put<Result>(path: string, call: Call): Promise<Result> {
    return this.transport.json('PUT', this.path + path, call);
  }
}
