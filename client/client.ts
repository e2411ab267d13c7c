/** The door of the SDK: one service, one key. */

import type { z } from 'zod';
import { DEFAULT_QUEUE_ID } from '../contract/names.ts';
import type { CreateQueueBody, Queue } from '../contract/queue/queue.ts';
import type { CreateKeyBody, CreateKeyResult } from '../contract/store/key.ts';
import { AssetClient } from './assets.ts';
import { CatalogueClient } from './catalogue.ts';
import { ModelClient } from './models.ts';
import { QueueClient } from './queue.ts';
import { type Call, type ClientOptions, Transport } from './transport.ts';

type Options = Pick<Call, 'signal'>;

export class Client {
  readonly assets: AssetClient;
  readonly models: ModelClient;
  readonly catalogue: CatalogueClient;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.assets = new AssetClient(this.#transport);
    this.models = new ModelClient(this.#transport);
    this.catalogue = new CatalogueClient(this.#transport);
  }

  queue(queueId: string = DEFAULT_QUEUE_ID): QueueClient {
    return new QueueClient(this.#transport, queueId);
  }

  queues(options: Options = {}): Promise<Queue[]> {
    return this.#transport.json('GET', '/api/v1/queues', options);
  }

  createQueue(body: z.input<typeof CreateQueueBody>, options: Options = {}): Promise<Queue> {
    // The same queue with the same settings is answered as if it had just been made.
    return this.#transport.json('POST', '/api/v1/queues', { json: body, repeatable: true, ...options });
  }

  /** The key itself stands in the answer and is never shown again. */
  createKey(body: z.input<typeof CreateKeyBody>, options: Options = {}): Promise<CreateKeyResult> {
    return this.#transport.json('POST', '/api/v1/keys', { json: body, ...options });
  }
}

export const createClient = (options: ClientOptions): Client => new Client(options);
