/** What a stream tells of the items of one batch, for tests. */
import type { Status } from '../../contract/queue/status.ts';
import type { StreamFrame } from '../events/stream-cursor.ts';
import { snapshot } from './frames.ts';

const { queue_status } = snapshot(0);
const AT = '2026-11-21T05:00:00.000Z';

export class ItemFrames {
  readonly #batch_id: string;
  #sequence: number;

  constructor(batchId: string, after = 0) {
    this.#batch_id = batchId;
    this.#sequence = after;
  }

  enqueued(first_item_id: number, enqueued = 1): StreamFrame {
    return this.#frame('batch_enqueued', {
      ...{ first_item_id, enqueued, requested: enqueued, priority: 0 },
      ...{ origin: null, destination: null, user_id: 'system' },
    });
  }

  status(item_id: number, status: Status, more: Record<string, unknown> = {}): StreamFrame {
    return this.#frame('queue_item_status_changed', {
      ...this.#item(item_id),
      ...{ status, status_sequence: 1, error_type: null, error_message: null, error_traceback: null },
      ...{ created_at: AT, updated_at: AT, started_at: AT, completed_at: null, device: 'cpu' },
      ...{ queue_status, batch_status: { ...queue_status, batch_id: this.#batch_id, origin: null, destination: null } },
      ...more,
    });
  }

  started(item_id: number, invocation_id: string): StreamFrame {
    return this.#frame('invocation_started', this.#invocation(item_id, invocation_id));
  }

  complete(item_id: number, invocation_id: string): StreamFrame {
    const done = { result: { type: 'integer_output', value: 1 }, seconds: 0.1, cached: false };
    return this.#frame('invocation_complete', { ...this.#invocation(item_id, invocation_id), ...done });
  }

  progress(item_id: number, invocation_id: string, percentage: number): StreamFrame {
    const told = { message: 'half way', percentage, image: null, device: 'cpu' };
    const {
      sequence: _,
      prev: __,
      ...frame
    } = this.#frame('invocation_progress', {
      ...this.#invocation(item_id, invocation_id),
      ...told,
    }) as StreamFrame & { sequence: number; prev: number };
    this.#sequence--;
    return frame as StreamFrame;
  }

  canceled(...canceled_item_ids: number[]): StreamFrame {
    return this.#frame('queue_items_canceled', {
      canceled_item_ids,
      user_ids: ['system'],
      canceled_item_ids_by_user: {},
    });
  }

  cleared(): StreamFrame {
    return this.#frame('queue_cleared', { user_id: null });
  }

  #item(item_id: number) {
    const batch_id = this.#batch_id;
    return { item_id, batch_id, session_id: `s${item_id}`, origin: null, destination: null, user_id: 'system' };
  }

  #invocation(item_id: number, invocation_id: string) {
    const [source = ''] = invocation_id.split('#');
    return {
      ...this.#item(item_id),
      invocation: { id: source, type: 'add', is_intermediate: false, use_cache: true },
      invocation_id,
      invocation_source_id: source,
    };
  }

  #frame(name: StreamFrame['name'], payload: Record<string, unknown>): StreamFrame {
    const prev = this.#sequence++;
    const envelope = { name, timestamp: AT, queue_id: 'default', sequence: this.#sequence, prev };
    return { ...envelope, batch_id: this.#batch_id, ...payload } as unknown as StreamFrame;
  }
}

/** A row of a list or of a read by ids. */
export const summary = (item_id: number, status: Status, more: Record<string, unknown> = {}) => ({
  ...{ item_id, status, error_type: null, error_message: null, error_traceback: null },
  ...{ created_at: AT, started_at: AT, device: null },
  ...more,
});
