/** One queue: its calls, its events, and work that is followed to its end. */
import { EventStream, type EventStreamOptions } from './events/event-stream.ts';
import { InvocationCacheClient } from './invocation-cache.ts';
import { QueueChange } from './queue-change.ts';
import type { Transport } from './transport.ts';

export type { BatchInput, GraphInput } from './queue-change.ts';
export type { ItemListQuery } from './queue-look.ts';

export class QueueClient extends QueueChange {
  readonly invocationCache: InvocationCacheClient;

  constructor(transport: Transport, queueId: string) {
    super(transport, queueId);
    this.invocationCache = new InvocationCacheClient(transport, queueId);
  }

  /** The queue's events, or those of one item or batch, across disconnects. */
  events(options: EventStreamOptions & { item_id?: number; batch_id?: string } = {}): EventStream {
    const { item_id, batch_id, ...rest } = options;
    return new EventStream(
      {
        connect: (after) =>
          this.transport.socket(
            `${this.path}/events`,
            { after: after ?? undefined, item_id, batch_id, packed: true },
            `${this.path}/tickets`,
          ),
        probe: () => this.status(),
      },
      rest,
    );
  }
}
