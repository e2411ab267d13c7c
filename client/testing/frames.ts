/** Frames of an event stream, for tests. */
import type { StreamAcknowledge, StreamHello, StreamLive, StreamSnapshot } from '../../contract/event/stream.ts';
import { timestamp } from '../../contract/names.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import type { StreamFrame } from '../events/stream-cursor.ts';

const stamp = { timestamp: timestamp(0), queue_id: 'default' };

export const hello = (sequence: number, mode: StreamHello['mode']): StreamHello => ({
  name: 'hello',
  protocol: PROTOCOL_VERSION,
  queue_id: 'default',
  sequence,
  mode,
});

export const mark = (sequence: number): StreamAcknowledge => ({ name: 'acknowledge', sequence });

export const live = (sequence: number): StreamLive => ({ name: 'live', sequence });

export const snapshot = (sequence: number): StreamSnapshot => ({
  name: 'snapshot',
  sequence,
  queue_status: {
    queue_id: 'default',
    pending: 0,
    in_progress: 0,
    waiting: 0,
    completed: 0,
    failed: 0,
    canceled: 0,
    total: 0,
    item_id: null,
    session_id: null,
    batch_id: null,
    user_pending: null,
    user_in_progress: null,
  },
  paused: false,
  items: [],
  items_truncated: false,
  batch_status: null,
});

/** The smallest durable event. */
export const runnerEvent = (sequence: number, prev: number): StreamFrame => ({
  name: 'runner_connected',
  ...stamp,
  sequence,
  prev,
  runner_id: 'r',
  runner_name: 'r',
  devices: ['cpu'],
});

export const progress = (itemId: number, invocationId: string, percentage: number): StreamFrame => ({
  name: 'invocation_progress',
  ...stamp,
  item_id: itemId,
  batch_id: 'b',
  session_id: 's',
  origin: null,
  destination: null,
  user_id: 'system',
  invocation: { id: invocationId, type: 'denoise_latents', is_intermediate: false, use_cache: true },
  invocation_id: invocationId,
  invocation_source_id: invocationId,
  message: '',
  percentage,
  image: null,
  device: null,
});
