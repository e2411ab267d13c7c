/** Queues as things: made, listed, set and deleted. What happens in one: queue.ts. */
import type { z } from 'zod';
import type { CreateQueueBody, Queue, QueueSettings } from '../contract/queue/queue.ts';
import type { Options, Transport } from './transport.ts';

const PATH = '/api/v1/queues';
const pathOf = (queueId: string) => `${PATH}/${encodeURIComponent(queueId)}`;

export class QueuesClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Those that the key opens, oldest first. */
  list(options: Options = {}): Promise<Queue[]> {
    return this.#transport.json('GET', PATH, options);
  }

  get(queueId: string, options: Options = {}): Promise<Queue> {
    return this.#transport.json('GET', pathOf(queueId), options);
  }

  /** The same queue with the same settings is answered as if it had just been made; with others it is a conflict. */
  create(body: z.input<typeof CreateQueueBody>, options: Options = {}): Promise<Queue> {
    return this.#transport.json('POST', PATH, { json: body, creates: true, ...options });
  }

  /** Settings that are not named stay. */
  update(queueId: string, settings: Partial<QueueSettings>, options: Options = {}): Promise<Queue> {
    return this.#transport.json('PATCH', pathOf(queueId), { json: settings, repeatable: true, ...options });
  }

  /** With everything in it. One that has work is a conflict unless `force` is true. */
  delete(queueId: string, { force, ...options }: Options & { force?: boolean } = {}): Promise<void> {
    return this.#transport.remove(pathOf(queueId), { query: { force }, ...options });
  }
}
