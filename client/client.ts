/** The door of the SDK: one service, one key. */
import { DEFAULT_QUEUE_ID } from '../contract/known-names.ts';
import type { AuditEntry, AuditPage } from '../contract/store/audit.ts';
import { AssetClient } from './assets.ts';
import { CatalogueClient } from './catalogue.ts';
import { KeyClient } from './keys.ts';
import { ModelClient } from './models.ts';
import { pagesOf } from './pages.ts';
import { QueueClient } from './queue.ts';
import { QueuesClient } from './queues.ts';
import { type ClientOptions, type Options, Transport } from './transport.ts';

/** What the service says of itself. */
export interface Health {
  status: 'ok';
  protocol: number;
  engine: number;
}

export class Client {
  readonly queues: QueuesClient;
  readonly keys: KeyClient;
  readonly assets: AssetClient;
  readonly models: ModelClient;
  readonly catalogue: CatalogueClient;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.queues = new QueuesClient(this.#transport);
    this.keys = new KeyClient(this.#transport);
    this.assets = new AssetClient(this.#transport);
    this.models = new ModelClient(this.#transport);
    this.catalogue = new CatalogueClient(this.#transport);
  }

  /** The calls of one queue; nothing is asked of the service yet. */
  queue(queueId: string = DEFAULT_QUEUE_ID): QueueClient {
    return new QueueClient(this.#transport, queueId);
  }

  /** What admins changed, or tried to, the newest first; for admins. */
  audit(options: Options = {}): AsyncGenerator<AuditEntry, void> {
    return pagesOf(
      (cursor) => this.#transport.json<AuditPage>('GET', '/api/v1/audit', { query: { cursor }, ...options }),
      (page) => page.entries,
    );
  }

  health(options: Options = {}): Promise<Health> {
    return this.#transport.json('GET', '/health', options);
  }

  /** The document of every call (OpenAPI 3.1). */
  openapi(options: Options = {}): Promise<Record<string, unknown>> {
    return this.#transport.json('GET', '/openapi.json', options);
  }

  /** The document of every message of the sockets (AsyncAPI 3.0). */
  asyncapi(options: Options = {}): Promise<Record<string, unknown>> {
    return this.#transport.json('GET', '/asyncapi.json', options);
  }
}

export const createClient = (options: ClientOptions): Client => new Client(options);
