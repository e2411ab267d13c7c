/** The calls that a mirror makes beside its stream; each is answered by what was read, and nothing is kept of it. */
import type { ItemInvocations, ItemOutputs, ItemPage, ItemSummary } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueAndProcessorStatus } from '../../contract/queue/queue.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { CurrentKey } from '../../contract/store/key.ts';
import type { Transport } from '../transport.ts';

export interface ListCall {
  user_id?: string;
  status?: Status;
  order_dir: 'ASC' | 'DESC';
  limit: number;
  cursor?: string | undefined;
}

export class MirrorCalls {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  key(signal: AbortSignal): Promise<CurrentKey> {
    return this.#transport.json('GET', '/api/v1/keys/current', { signal });
  }

  status(signal: AbortSignal): Promise<QueueAndProcessorStatus> {
    return this.#transport.json('GET', `${this.#path}/status`, { signal });
  }

  batchStatus(batch_id: string, signal: AbortSignal): Promise<BatchStatus> {
    return this.#transport.json('GET', `${this.#path}/b/${encodeURIComponent(batch_id)}/status`, { signal });
  }

  list(query: ListCall, signal: AbortSignal): Promise<ItemPage> {
    return this.#transport.json('GET', `${this.#path}/list`, { query: { ...query }, signal });
  }

  /** Those that there are, of IDS_PER_REQUEST_MAX at most. */
  summaries(item_ids: readonly number[], signal: AbortSignal): Promise<ItemSummary[]> {
    const call = { json: { item_ids }, repeatable: true, signal };
    return this.#transport.json('POST', `${this.#path}/item_summaries_by_ids`, call);
  }

  invocations(item_id: number, cursor: string | undefined, signal: AbortSignal): Promise<ItemInvocations> {
    return this.#transport.json('GET', `${this.#path}/i/${item_id}/invocations`, { query: { cursor }, signal });
  }

  outputs(item_id: number, cursor: string | undefined, signal: AbortSignal): Promise<ItemOutputs> {
    return this.#transport.json('GET', `${this.#path}/i/${item_id}/outputs`, { query: { cursor }, signal });
  }
}
