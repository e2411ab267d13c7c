/** What a queue's service tells, piece by piece, as inputs of the state model; each durable event has the next number. */
import type { QueueEvent } from '../../contract/event/registry.ts';
import type { StreamSnapshot } from '../../contract/event/stream.ts';
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { timestamp } from '../../contract/names.ts';
import type { InvocationRecord, ItemSummary } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueStatus } from '../../contract/queue/queue.ts';
import { isFinal, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';
import type { Effect, Input } from '../state/input.ts';
import { initialState, type QueueState } from '../state/queue-state.ts';
import { step } from '../state/step.ts';
import * as frames from './frames.ts';

export const ME = 'ann';
const QUEUE = 'default';

export const imageOf = (invocation_id: string): NodeOutput => ({
  type: 'image_output',
  image: { image_name: `${invocation_id}.png` },
});

export const zeroCounts = (over: Partial<StatusCounts> = {}): StatusCounts => ({
  ...(Object.fromEntries(STATUS_NAMES.map((status) => [status, 0])) as Omit<StatusCounts, 'total'>),
  total: 0,
  ...over,
});

export const queueCounts = (over: Partial<QueueStatus> = {}): QueueStatus => ({
  ...zeroCounts(),
  ...{ queue_id: QUEUE, item_id: null, session_id: null, batch_id: null, user_pending: null, user_in_progress: null },
  ...over,
});

export const batchCounts = (over: Partial<BatchStatus> = {}): BatchStatus => ({
  ...zeroCounts(),
  ...{ queue_id: QUEUE, batch_id: 'b', origin: 'editor', destination: null },
  ...over,
});

export interface Whose {
  user_id?: string;
  origin?: string | null;
  batch_id?: string;
}

const identity = (item_id: number, { user_id = ME, origin = 'editor', batch_id = 'b' }: Whose = {}) => ({
  ...{ item_id, batch_id, session_id: `s${item_id}`, origin, destination: null, user_id },
});

export const row = (item_id: number, status: Status, over: Partial<ItemSummary> = {}): ItemSummary => ({
  ...identity(item_id),
  ...{ queue_id: QUEUE, status, status_sequence: 1, priority: 0, device: 'cpu', attempts: 1, field_values: [] },
  ...{ created_at: timestamp(0), updated_at: timestamp(0), started_at: timestamp(0) },
  completed_at: isFinal(status) ? timestamp(0) : null,
  ...{ error_type: null, error_message: null, error_traceback: null, start_after: null, deadline: null },
  ...{ retried_from_item_id: null, workflow_call_id: null, parent_item_id: null, parent_session_id: null },
  ...{ root_item_id: null, workflow_call_depth: null },
  ...over,
});

export const ERROR = { error_type: 'ValueError', error_message: 'It does not fit.', error_traceback: null };

export const record = (invocation_id: string, over: Partial<InvocationRecord> = {}): InvocationRecord => ({
  invocation_id,
  invocation_source_id: invocation_id.split('#')[0] as string,
  ...{ type: 'img_blur', is_intermediate: false, status: 'completed', result: imageOf(invocation_id), error: null },
  ...{ started_at: timestamp(0), completed_at: timestamp(0), seconds: 1, attempt: 1, runner_id: 'r', device: 'cpu' },
  cached: false,
  ...over,
});

export interface InvocationOptions extends Whose {
  type?: string;
  is_intermediate?: boolean;
  result?: NodeOutput;
}

type FrameInput = Extract<Input, { type: 'frame' }>;

export class Told {
  sequence = 0;

  #event<Name extends QueueEvent['name']>(
    name: Name,
    payload: Omit<Extract<QueueEvent, { name: Name }>, 'name' | 'sequence' | 'prev' | 'timestamp' | 'queue_id'>,
  ): FrameInput {
    const sequence = ++this.sequence;
    const envelope = { name, sequence, prev: sequence - 1, timestamp: timestamp(sequence * 1_000), queue_id: QUEUE };
    return { type: 'frame', frame: { ...envelope, ...payload } as unknown as QueueEvent };
  }

  status(
    item_id: number,
    status: Status,
    status_sequence: number,
    over: Whose & { queue?: Partial<QueueStatus>; batch?: Partial<BatchStatus> } = {},
  ): FrameInput {
    const { queue, batch, ...whose } = over;
    const at = timestamp((this.sequence + 1) * 1_000);
    const error = status === 'failed' ? ERROR : { error_type: null, error_message: null, error_traceback: null };
    return this.#event('queue_item_status_changed', {
      ...identity(item_id, whose),
      ...{ status, status_sequence, device: 'cpu', created_at: at, updated_at: at, started_at: at },
      completed_at: isFinal(status) ? at : null,
      ...error,
      queue_status: queueCounts(queue),
      batch_status: batchCounts({ batch_id: whose.batch_id ?? 'b', ...batch }),
    });
  }

  #invocation(item_id: number, invocation_id: string, options: InvocationOptions) {
    const id = invocation_id.split('#')[0] as string;
    const { type = 'img_blur', is_intermediate = false } = options;
    const invocation = { id, type, is_intermediate, use_cache: true };
    return { ...identity(item_id, options), invocation, invocation_id, invocation_source_id: id };
  }

  started(item_id: number, invocation_id: string, options: InvocationOptions = {}): FrameInput {
    return this.#event('invocation_started', this.#invocation(item_id, invocation_id, options));
  }

  complete(item_id: number, invocation_id: string, options: InvocationOptions = {}): FrameInput {
    const result = options.result ?? imageOf(invocation_id);
    const about = this.#invocation(item_id, invocation_id, options);
    return this.#event('invocation_complete', { ...about, result, seconds: 1, cached: false });
  }

  error(item_id: number, invocation_id: string, options: InvocationOptions = {}): FrameInput {
    return this.#event('invocation_error', { ...this.#invocation(item_id, invocation_id, options), ...ERROR });
  }

  /** It has no number. */
  progress(item_id: number, invocation_id: string, percentage: number | null = 0.5): FrameInput {
    const about = this.#invocation(item_id, invocation_id, {});
    const image = { width: 1, height: 1, dataURL: 'data:,' };
    const envelope = { name: 'invocation_progress', timestamp: timestamp(0), queue_id: QUEUE };
    const frame = { ...envelope, ...about, message: 'on its way', percentage, image, device: 'cpu' };
    return { type: 'frame', frame: frame as unknown as QueueEvent };
  }

  enqueued(first_item_id: number, enqueued: number, whose: Whose = {}): FrameInput {
    const { user_id = ME, origin = 'editor', batch_id = 'b' } = whose;
    const about = { batch_id, origin, destination: null, user_id };
    return this.#event('batch_enqueued', { ...about, enqueued, requested: enqueued, priority: 0, first_item_id });
  }

  canceled(item_ids: number[], user_id = ME): FrameInput {
    const about = { user_ids: [user_id], canceled_item_ids_by_user: { [user_id]: item_ids } };
    return this.#event('queue_items_canceled', { canceled_item_ids: item_ids, ...about });
  }

  pruned(item_ids: number[], user_id = ME): FrameInput {
    const about = { user_ids: [user_id], pruned_item_ids_by_user: { [user_id]: item_ids } };
    return this.#event('queue_items_pruned', { pruned_item_ids: item_ids, ...about });
  }

  cleared(user_id: string | null): FrameInput {
    return this.#event('queue_cleared', { user_id });
  }

  paused(name: 'queue_paused' | 'queue_resumed'): FrameInput {
    return this.#event(name, {});
  }

  /** What could not be replayed is skipped by `missed` numbers. */
  snapshot(items: readonly ItemSummary[], over: Partial<StreamSnapshot> = {}): FrameInput {
    return { type: 'frame', frame: { ...frames.snapshot(this.sequence), items: [...items], ...over } };
  }

  hello(mode: 'current' | 'replay' | 'snapshot' = 'current'): FrameInput {
    return { type: 'frame', frame: frames.hello(this.sequence, mode) };
  }

  live(): FrameInput {
    return { type: 'frame', frame: frames.live(this.sequence) };
  }
}

/** A state that goes on by inputs, and what it asked for. */
export class Followed {
  state: QueueState;
  effects: Effect[] = [];

  constructor(state: QueueState = initialState({ user_id: ME })) {
    this.state = state;
  }

  /** Returns the effects of these inputs alone. */
  take(...inputs: readonly Input[]): Effect[] {
    const made: Effect[] = [];
    for (const input of inputs) {
      const { state, effects } = step(this.state, input);
      this.state = state;
      made.push(...effects);
    }
    this.effects.push(...made);
    return made;
  }

  item(item_id: number) {
    return this.state.items.get(item_id);
  }

  node(item_id: number, node_id: string) {
    return this.item(item_id)?.nodes.get(node_id);
  }

  of<Type extends Effect['type']>(type: Type): Extract<Effect, { type: Type }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { type: Type }> => effect.type === type);
  }
}

/** One that is connected and heard everything from the start. */
export function watching(viewer = ME): { told: Told; followed: Followed } {
  const told = new Told();
  const followed = new Followed(initialState({ user_id: viewer }));
  followed.take(told.hello(), told.live());
  followed.effects = [];
  return { told, followed };
}
