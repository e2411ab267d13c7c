/**
 * The event stream of a queue, over a websocket: one JSON document a message, or with `?packed=true` a list of
 * documents a message, which costs a busy stream a fraction (10,000 missed events travel in some 30 messages).
 *
 * Server → client: `hello` first; in mode `snapshot` the snapshot next; then events in order of sequence, with
 * `live` between the last event that was missed and the first that is new. A text frame `ping` is answered `pong`.
 * Client → server: now and then {ack: sequence}. A socket that falls too far behind is closed with
 * CLOSE_BEHIND; the client reconnects with `?after=` the last sequence it saw.
 */
import { z } from 'zod';
import { QueueId } from '../names.ts';
import { ItemSummary } from '../queue/item.ts';
import { QueueStatus } from '../queue/queue.ts';

export const STREAM_MODES = ['current', 'replay', 'snapshot'] as const;

export const StreamHello = z
  .object({
    name: z.literal('hello'),
    protocol: z.int(),
    queue_id: QueueId,
    sequence: z.int().describe('the last of the queue when the stream opened'),
    mode: z.enum(STREAM_MODES).describe('nothing was missed; the missed events follow; or a snapshot follows'),
  })
  .meta({ id: 'StreamHello' });
export type StreamHello = z.infer<typeof StreamHello>;

/** The state at `sequence`, for a client that missed what the log no longer has, or that named no sequence. */
export const StreamSnapshot = z
  .object({
    name: z.literal('snapshot'),
    sequence: z.int(),
    queue_status: QueueStatus,
    items: z
      .array(ItemSummary)
      .describe('the filtered item; the items of the filtered batch or all, when leased or in progress'),
    batch_status: z.unknown().nullable(),
  })
  .meta({ id: 'StreamSnapshot' });
export type StreamSnapshot = z.infer<typeof StreamSnapshot>;

export const StreamLive = z.object({ name: z.literal('live'), sequence: z.int() }).meta({ id: 'StreamLive' });
export type StreamLive = z.infer<typeof StreamLive>;

export const StreamAck = z.strictObject({ ack: z.int().min(0) }).meta({ id: 'StreamAck' });
export type StreamAck = z.infer<typeof StreamAck>;

/** Close codes of our own. */
export const CLOSE_BEHIND = 4008;
export const CLOSE_BAD_MESSAGE = 4000;
export const CLOSE_REPLACED = 4009;
export const CLOSE_QUEUE_GONE = 4004;

/** Events that may be under way to a socket that has acknowledged before; see CLOSE_BEHIND. */
export const UNACKNOWLEDGED_MAX = 20_000;

/** How often a client should acknowledge: every so many events. */
export const ACKNOWLEDGE_EVERY = 1_000;

export const STREAM_MESSAGES = { hello: StreamHello, snapshot: StreamSnapshot, live: StreamLive } as const;
export type StreamMessage = StreamHello | StreamSnapshot | StreamLive;
