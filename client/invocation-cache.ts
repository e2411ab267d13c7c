/** The invocation cache of a queue: results that its sessions take of each other. Admins change it. */
import type { InvocationCacheStatus } from '../contract/queue/invocation-cache.ts';
import type { Options, Transport } from './transport.ts';

const PATH = '/api/v1/app/invocation_cache';

export class InvocationCacheClient {
  readonly #transport: Transport;
  readonly #query: { queue_id: string };

  constructor(transport: Transport, queueId: string) {
    this.#transport = transport;
    this.#query = { queue_id: queueId };
  }

  status(options: Options = {}): Promise<InvocationCacheStatus> {
    return this.#transport.json('GET', `${PATH}/status`, { query: this.#query, ...options });
  }

  /** Forgets all results, those in the memories of runners included. */
  clear(options: Options = {}): Promise<InvocationCacheStatus> {
    return this.#transport.json('DELETE', PATH, { query: this.#query, ...options });
  }

  enable(options: Options = {}): Promise<InvocationCacheStatus> {
    return this.#transport.json('PUT', `${PATH}/enable`, { query: this.#query, ...options });
  }

  /** What is kept stays for when it is enabled again. */
  disable(options: Options = {}): Promise<InvocationCacheStatus> {
    return this.#transport.json('PUT', `${PATH}/disable`, { query: this.#query, ...options });
  }
}
