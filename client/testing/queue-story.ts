/** The events of a queue, numbered as they are told. */
import type { QueueEvent } from '../../contract/event/registry.ts';
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { timestamp } from '../../contract/names.ts';
import type { InvocationRecord, ItemSummary } from '../../contract/queue/item.ts';
import type { QueueStatus } from '../../contract/queue/queue.ts';
import { isFinal, type Status } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';

const at = timestamp(0);

export const NO_COUNTS: StatusCounts = {
  pending: 0,
  in_progress: 0,
  waiting: 0,
  completed: 0,
  failed: 0,
  canceled: 0,
  total: 0,
};

export const queueStatus = (over: Partial<QueueStatus> = {}): QueueStatus => ({
  ...NO_COUNTS,
  ...{ queue_id: 'q', item_id: null, session_id: null, batch_id: null, user_pending: null, user_in_progress: null },
  ...over,
});

export const image = (name: string): NodeOutput => ({ type: 'image_output', image: { image_name: name } });

/** Of which session an event is. */
export interface Whose {
  user_id?: string;
  origin?: string | null;
}

const identity = (item_id: number, { user_id = 'ann', origin = 'workflows' }: Whose = {}) => ({
  ...{ item_id, batch_id: 'b', session_id: `s${item_id}`, origin, destination: null, user_id },
});

/** A row of an item, as lists and snapshots have it. */
export const summary = (item_id: number, status: Status, over: Partial<ItemSummary> = {}): ItemSummary => ({
  ...identity(item_id),
  queue_id: 'q',
  status,
  status_sequence: 1,
  priority: 0,
  created_at: at,
  updated_at: at,
  started_at: at,
  completed_at: isFinal(status) ? at : null,
  device: 'cpu',
  attempts: 1,
  error_type: null,
  error_message: null,
  error_traceback: null,
  field_values: [],
  start_after: null,
  deadline: null,
  retried_from_item_id: null,
  workflow_call_id: null,
  parent_item_id: null,
  parent_session_id: null,
  root_item_id: null,
  workflow_call_depth: null,
  ...over,
});

export const record = (invocation_id: string, over: Partial<InvocationRecord> = {}): InvocationRecord => ({
  invocation_id,
  invocation_source_id: invocation_id.split('#')[0] as string,
  type: 'blur',
  is_intermediate: false,
  status: 'completed',
  result: image(`${invocation_id}.png`),
  error: null,
  started_at: at,
  completed_at: at,
  seconds: 1,
  attempt: 1,
  runner_id: 'r',
  device: 'cpu',
  cached: false,
  ...over,
});

/** A page of `GET …/i/{id}/invocations`. */
export const recordsPage = (item_id: number, status: Status, records: readonly InvocationRecord[], next?: string) => ({
  ...{ item_id, status, invocations: records, next_cursor: next ?? null },
});

export class QueueStory {
  sequence = 0;
  readonly #status = new Map<number, number>();

  /** The next event. */
  event<Name extends QueueEvent['name']>(
    name: Name,
    payload: Omit<Extract<QueueEvent, { name: Name }>, 'name' | 'sequence' | 'prev' | 'timestamp' | 'queue_id'>,
  ): QueueEvent {
    const prev = this.sequence++;
    return { name, queue_id: 'q', timestamp: at, sequence: this.sequence, prev, ...payload } as unknown as QueueEvent;
  }

  status(item_id: number, status: Status, whose: Whose & { counts?: Partial<QueueStatus> } = {}): QueueEvent {
    const status_sequence = (this.#status.get(item_id) ?? 0) + 1;
    this.#status.set(item_id, status_sequence);
    const error = status === 'failed';
    return this.event('queue_item_status_changed', {
      ...identity(item_id, whose),
      ...{ status, status_sequence, created_at: at, updated_at: at, started_at: at, device: 'cpu' },
      completed_at: isFinal(status) ? at : null,
      ...{ error_type: error ? 'ValueError' : null, error_message: error ? 'bad' : null, error_traceback: null },
      queue_status: queueStatus(whose.counts),
      batch_status: { ...NO_COUNTS, queue_id: 'q', batch_id: 'b', origin: null, destination: null },
    });
  }

  #invocation(item_id: number, invocation_id: string, whose: Whose, is_intermediate = false) {
    const id = invocation_id.split('#')[0] as string;
    return {
      ...identity(item_id, whose),
      invocation: { id, type: 'blur', is_intermediate, use_cache: true },
      ...{ invocation_id, invocation_source_id: id },
    };
  }

  started(item_id: number, invocation_id: string, whose: Whose = {}): QueueEvent {
    return this.event('invocation_started', this.#invocation(item_id, invocation_id, whose));
  }

  complete(
    item_id: number,
    invocation_id: string,
    whose: Whose & { is_intermediate?: boolean; result?: NodeOutput } = {},
  ): QueueEvent {
    return this.event('invocation_complete', {
      ...this.#invocation(item_id, invocation_id, whose, whose.is_intermediate),
      ...{ result: whose.result ?? image(`${invocation_id}.png`), seconds: 1, cached: false },
    });
  }

  error(item_id: number, invocation_id: string, whose: Whose = {}): QueueEvent {
    return this.event('invocation_error', {
      ...this.#invocation(item_id, invocation_id, whose),
      ...{ error_type: 'ValueError', error_message: 'bad', error_traceback: null },
    });
  }

  /** It has no number, and moves nothing on. */
  progress(item_id: number, invocation_id: string, percentage: number): QueueEvent {
    return {
      ...{ name: 'invocation_progress', queue_id: 'q', timestamp: at },
      ...this.#invocation(item_id, invocation_id, {}),
      ...{ message: '', percentage, image: null, device: 'cpu' },
    };
  }
}
