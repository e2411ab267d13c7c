/** The calls of one queue that look: at items, what they ran and returned, the order, counters, runners, events. */
import { IDS_PER_REQUEST_MAX, PAGE_SIZE_MAX, WAIT_SECONDS_MAX } from '../contract/limits.ts';
import type { Capacity } from '../contract/queue/capacity.ts';
import type {
  InvocationRecord,
  Item,
  ItemIdsResult,
  ItemInvocations,
  ItemOutputs,
  ItemPage,
  ItemSummary,
} from '../contract/queue/item.ts';
import type { ItemPosition } from '../contract/queue/order.ts';
import type { BatchStatus, CountsByDestination, QueueAndProcessorStatus, RunnerView } from '../contract/queue/queue.ts';
import type { ItemLogs, ItemStats } from '../contract/queue/statistics.ts';
import { isFinal, type Status } from '../contract/queue/status.ts';
import { EventStream, type EventStreamOptions } from './events/event-stream.ts';
import { pagesOf } from './pages.ts';
import { patiently } from './patience.ts';
import { streamedList } from './streamed-list.ts';
import type { Options, Transport } from './transport.ts';

export interface ItemFilter {
  batch_id?: string;
  status?: Status;
  destination?: string;
  user_id?: string;
  /** ASC, the oldest first, unless said otherwise. */
  order_dir?: 'ASC' | 'DESC';
  /** Of one page. */
  limit?: number;
}

export interface ItemListQuery extends ItemFilter {
  /** `next_cursor` of the page before. */
  cursor?: string;
}

export interface WaitOptions extends Options {
  /** Seconds, at most 60, that the answer is held until the item is final; it comes then, final or not. */
  wait?: number;
}

/** Every output of an item, however many pages they were. */
export type Outputs = Omit<ItemOutputs, 'next_cursor'>;

export class QueueLook {
  readonly queue_id: string;
  protected readonly transport: Transport;
  protected readonly path: string;

  constructor(transport: Transport, queueId: string) {
    this.queue_id = queueId;
    this.transport = transport;
    this.path = `/api/v1/queue/${encodeURIComponent(queueId)}`;
  }

  status(options: Options = {}): Promise<QueueAndProcessorStatus> {
    return this.#get('/status', options);
  }

  batchStatus(batchId: string, options: Options = {}): Promise<BatchStatus> {
    return this.#get(`/b/${encodeURIComponent(batchId)}/status`, options);
  }

  countsByDestination(destination: string, options: Options = {}): Promise<CountsByDestination> {
    return this.#get('/counts_by_destination', { query: { destination }, ...options });
  }

  /** One page. */
  list(query: ItemListQuery = {}, options: Options = {}): Promise<ItemPage> {
    return this.#get('/list', { query: { ...query }, ...options });
  }

  /** The same, all of them, read page by page. */
  items(filter: ItemFilter = {}, options: Options = {}): AsyncGenerator<ItemSummary, void> {
    const query = { limit: PAGE_SIZE_MAX, ...filter };
    return pagesOf(
      (cursor) => this.list(cursor === undefined ? query : { ...query, cursor }, options),
      (page) => page.items,
    );
  }

  /** Every item with its session, by priority and age, as they arrive. */
  listAll({ destination, ...options }: Options & { destination?: string } = {}): AsyncGenerator<Item, void> {
    return streamedList(this.transport, 'GET', `${this.path}/list_all`, { query: { destination }, ...options });
  }

  /** The ids of all items, the oldest first unless asked. */
  itemIds({ order_dir, ...options }: Options & { order_dir?: 'ASC' | 'DESC' } = {}): Promise<ItemIdsResult> {
    return this.#get('/item_ids', { query: { order_dir }, ...options });
  }

  /** Items with their sessions in the order of the ids, however many; those that are not there are left out. */
  itemsByIds(itemIds: readonly number[], options: Options = {}): AsyncGenerator<Item, void> {
    return this.#byIds('/items_by_ids', itemIds, options);
  }

  /** The same without sessions. */
  summariesByIds(itemIds: readonly number[], options: Options = {}): AsyncGenerator<ItemSummary, void> {
    return this.#byIds('/item_summaries_by_ids', itemIds, options);
  }

  async *#byIds<Row>(call: string, itemIds: readonly number[], options: Options): AsyncGenerator<Row, void> {
    for (let at = 0; at < itemIds.length; at += IDS_PER_REQUEST_MAX) {
      const json = { item_ids: itemIds.slice(at, at + IDS_PER_REQUEST_MAX) };
      yield* streamedList<Row>(this.transport, 'POST', this.path + call, { json, repeatable: true, ...options });
    }
  }

  item(itemId: number, { wait, ...options }: WaitOptions = {}): Promise<Item> {
    return this.#get(`/i/${itemId}`, { query: { wait }, ...options });
  }

  /** An item that runs, or null. */
  current(options: Options = {}): Promise<Item | null> {
    return this.#get('/current', options);
  }

  /** What a runner that can run anything would be given next, or null. */
  next(options: Options = {}): Promise<Item | null> {
    return this.#get('/next', options);
  }

  /** How many items run before it. */
  position(itemId: number, options: Options = {}): Promise<ItemPosition> {
    return this.#get(`/i/${itemId}/position`, options);
  }

  /** Waits until the item is final, however long that takes, also for a service that is away; the signal ends it. */
  async wait(itemId: number, options: Options = {}): Promise<Item> {
    const query = { wait: WAIT_SECONDS_MAX, limit: 1 };
    // Asked again and again: the outputs are the least that an answer can hold.
    for (let status: Status = 'pending'; !isFinal(status); ) {
      const ask = () => this.#get<ItemOutputs>(`/i/${itemId}/outputs`, { query, ...options });
      ({ status } = await patiently(ask, options.signal));
    }
    return patiently(() => this.item(itemId, options), options.signal);
  }

  /** What the session is for: the results of its non-intermediate invocations, all pages of them. */
  async outputs(itemId: number, { wait, ...options }: WaitOptions = {}): Promise<Outputs> {
    const page = (query: { cursor?: string; wait?: number | undefined }): Promise<ItemOutputs> =>
      this.#get(`/i/${itemId}/outputs`, { query, ...options });
    const { next_cursor, ...first } = await page({ wait });
    for (let cursor = next_cursor; cursor !== null; ) {
      const next = await page({ cursor });
      first.outputs.push(...next.outputs);
      first.status = next.status;
      cursor = next.next_cursor;
    }
    return first;
  }

  /** A session has up to 200,000 of them, so they come one by one, read page by page. */
  invocations(itemId: number, options: Options = {}): AsyncGenerator<InvocationRecord, void> {
    return pagesOf(
      (cursor) => this.#get<ItemInvocations>(`/i/${itemId}/invocations`, { query: { cursor }, ...options }),
      (page) => page.invocations,
    );
  }

  /** What the item's runs took: seconds by node type, waiting, models, assets, memory. */
  stats(itemId: number, options: Options = {}): Promise<ItemStats> {
    return this.#get(`/i/${itemId}/stats`, options);
  }

  /** What the item's runs wrote. */
  logs(itemId: number, options: Options = {}): Promise<ItemLogs> {
    return this.#get(`/i/${itemId}/logs`, options);
  }

  /** The same as text, a line each. */
  logText(itemId: number, options: Options = {}): Promise<string> {
    return this.transport.text('GET', `${this.path}/i/${itemId}/logs`, {
      headers: { accept: 'text/plain' },
      ...options,
    });
  }

  runners(options: Options = {}): Promise<RunnerView[]> {
    return this.#get('/runners', options);
  }

  /** The scaling signal: open work by what it asks of a runner. For runners and admins. */
  capacity(options: Options = {}): Promise<Capacity> {
    return this.#get('/capacity', options);
  }

  /** Prometheus text. */
  metrics(options: Options = {}): Promise<string> {
    return this.transport.text('GET', `${this.path}/metrics`, options);
  }

  #get<Result>(path: string, call: Parameters<Transport['json']>[2]): Promise<Result> {
    return this.transport.json('GET', this.path + path, call);
  }

  /** The queue's events, or those of one item or batch, across disconnects. */
  events(options: EventStreamOptions & { item_id?: number; batch_id?: string } = {}): EventStream {
    const { item_id, batch_id, ...rest } = options;
    return new EventStream(
      {
        connect: (after, { signal, plain }) =>
          this.transport.socket(
            `${this.path}/events`,
            { after: after ?? undefined, item_id, batch_id, packed: true },
            { tickets: `${this.path}/tickets`, signal, plain },
          ),
        probe: (signal) => this.status({ signal }),
      },
      rest,
    );
  }
}
