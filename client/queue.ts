/** The calls of one queue. */
import type { z } from 'zod';
import type {
  EnqueueBatchBody,
  EnqueueBatchResult,
  EnqueueGraphBody,
  EnqueueGraphResult,
} from '../contract/queue/batch.ts';
import type {
  InvocationRecord,
  Item,
  ItemInvocations,
  ItemOutputs,
  ItemPage,
  ItemSummary,
} from '../contract/queue/item.ts';
import type { BatchStatus, CanceledResult, QueueAndProcessorStatus, RunnerView } from '../contract/queue/queue.ts';
import type { Status } from '../contract/queue/status.ts';
import { EventStream, type EventStreamOptions } from './events/event-stream.ts';
import type { Call, Transport } from './transport.ts';

/** Bodies as a caller writes them: what the contract gives a default may be left out. */
export type BatchInput = z.input<typeof EnqueueBatchBody>;
export type GraphInput = z.input<typeof EnqueueGraphBody>;

export interface ItemListQuery {
  /** `next_cursor` of the page before. */
  cursor?: string;
  /** DESC: the newest first. */
  order_dir?: 'ASC' | 'DESC';
  limit?: number;
  batch_id?: string;
  status?: Status;
  destination?: string;
  user_id?: string;
}

type Options = Pick<Call, 'signal'>;

export class QueueClient {
  readonly queue_id: string;
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, queueId: string) {
    this.queue_id = queueId;
    this.#transport = transport;
    this.#path = `/api/v1/queue/${encodeURIComponent(queueId)}`;
  }

  /** The whole batch or nothing. A `batch_id` of the caller's makes a repeated call safe: it answers batch_exists. */
  enqueueBatch(body: BatchInput, options: Options = {}): Promise<EnqueueBatchResult> {
    // The echo of a large batch is only weight: the caller has it.
    const headers = { prefer: 'return=minimal' };
    return this.#transport.json('POST', `${this.#path}/enqueue_batch`, { json: body, headers, ...options });
  }

  enqueueGraph(body: GraphInput, options: Options = {}): Promise<EnqueueGraphResult> {
    return this.#transport.json('POST', `${this.#path}/enqueue_graph`, { json: body, ...options });
  }

  status(options: Options = {}): Promise<QueueAndProcessorStatus> {
    return this.#transport.json('GET', `${this.#path}/status`, options);
  }

  batchStatus(batchId: string, options: Options = {}): Promise<BatchStatus> {
    return this.#transport.json('GET', `${this.#path}/b/${encodeURIComponent(batchId)}/status`, options);
  }

  /** Oldest first unless asked otherwise. */
  list(query: ItemListQuery = {}, options: Options = {}): Promise<ItemPage> {
    return this.#transport.json('GET', `${this.#path}/list`, { query: { ...query }, ...options });
  }

  item(itemId: number, options: Options = {}): Promise<Item> {
    return this.#transport.json('GET', `${this.#path}/i/${itemId}`, options);
  }

  /** All of them, however many pages they are. */
  async outputs(itemId: number, options: Options = {}): Promise<Omit<ItemOutputs, 'next_cursor'>> {
    const { next_cursor, ...first } = await this.#outputPage(itemId, undefined, options);
    for (let cursor = next_cursor; cursor !== null; ) {
      const page = await this.#outputPage(itemId, cursor, options);
      first.outputs.push(...page.outputs);
      first.status = page.status;
      cursor = page.next_cursor;
    }
    return first;
  }

  #outputPage(itemId: number, cursor: string | undefined, options: Options): Promise<ItemOutputs> {
    return this.#transport.json('GET', `${this.#path}/i/${itemId}/outputs`, { query: { cursor }, ...options });
  }

  /** A session has up to 200,000 of them, so they come one by one, read page by page. */
  async *invocations(itemId: number, options: Options = {}): AsyncGenerator<InvocationRecord, void> {
    let cursor: string | undefined;
    do {
      const page: ItemInvocations = await this.#transport.json('GET', `${this.#path}/i/${itemId}/invocations`, {
        query: { cursor },
        ...options,
      });
      yield* page.invocations;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** One that is final stays as it is. */
  cancel(itemId: number, options: Options = {}): Promise<ItemSummary> {
    return this.#transport.json('PUT', `${this.#path}/i/${itemId}/cancel`, options);
  }

  cancelByBatchIds(batchIds: readonly string[], options: Options = {}): Promise<CanceledResult> {
    return this.#transport.json('PUT', `${this.#path}/cancel_by_batch_ids`, {
      json: { batch_ids: batchIds },
      ...options,
    });
  }

  runners(options: Options = {}): Promise<RunnerView[]> {
    return this.#transport.json('GET', `${this.#path}/runners`, options);
  }

  /** The queue's events, or those of one item or batch, across disconnects. */
  events(options: EventStreamOptions & { item_id?: number; batch_id?: string } = {}): EventStream {
    const { item_id, batch_id, ...rest } = options;
    return new EventStream(
      {
        connect: (after) =>
          this.#transport.socket(
            `${this.#path}/events`,
            { after: after ?? undefined, item_id, batch_id, packed: true },
            `${this.#path}/tickets`,
          ),
        probe: () => this.status(),
      },
      rest,
    );
  }
}
