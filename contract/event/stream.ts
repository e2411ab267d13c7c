/**
 * The event stream of a queue, over a websocket: one JSON document a message, or with `?packed=true` a list of
 * documents a message, which costs a busy stream a fraction (10,000 missed events travel in some 40 messages).
 *
 * Server → client: `hello` first; in mode `snapshot` the snapshot next; then events in order of sequence, with
 * `live` between the last event that was missed and the first that is new. A text frame `ping` is answered `pong`.
 *
 * Now and then the server sends an `acknowledge` mark; the client answers {ack: its sequence} once it has read that
 * far. What was missed comes in windows: the next one is sent when the marks of the one before are answered. A socket
 * whose marks stay unanswered for too many events or characters is closed with CLOSE_BEHIND; the client reconnects
 * with `?after=` the last sequence it saw.
 */
import { z } from 'zod';
import { QueueId } from '../names.ts';
import { ItemSummary } from '../queue/item.ts';
import { BatchStatus, QueueStatus } from '../queue/queue.ts';

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

/** The state at `sequence`, for a client that missed what the log no longer has. */
export const StreamSnapshot = z
  .object({
    name: z.literal('snapshot'),
    sequence: z.int(),
    paused: z.boolean(),
    queue_status: QueueStatus,
    items: z
      .array(ItemSummary)
      .describe('the filtered item; the items of the filtered batch or all, when leased or in progress'),
    items_truncated: z.boolean().describe('there are more such items than a snapshot carries: read the list'),
    batch_status: BatchStatus.nullable().describe('of the filtered batch'),
  })
  .meta({ id: 'StreamSnapshot' });
export type StreamSnapshot = z.infer<typeof StreamSnapshot>;

export const StreamLive = z.object({ name: z.literal('live'), sequence: z.int() }).meta({ id: 'StreamLive' });
export type StreamLive = z.infer<typeof StreamLive>;

export const StreamAcknowledge = z
  .object({ name: z.literal('acknowledge'), sequence: z.int().describe('answer {ack: this} once you have read it') })
  .meta({ id: 'StreamAcknowledge' });
export type StreamAcknowledge = z.infer<typeof StreamAcknowledge>;

export const StreamAck = z.strictObject({ ack: z.int().min(0) }).meta({ id: 'StreamAck' });
export type StreamAck = z.infer<typeof StreamAck>;

/** A mark stands after so many documents, or so many characters, whichever comes first. */
export const MARK_EVERY_DOCUMENTS = 1_000;
export const MARK_EVERY_CHARACTERS = 256 * 1024;

/** Marks under way while what was missed is sent: enough to keep a client busy, little enough to wait in memory. */
export const REPLAY_MARKS_MAX = 8;

/** What may be under way to a live socket; see CLOSE_BEHIND. */
export const UNACKNOWLEDGED_DOCUMENTS_MAX = 20_000;
export const UNACKNOWLEDGED_CHARACTERS_MAX = 8 * 1024 * 1024;

/** How long a client that is being sent what it missed may leave a mark unanswered. */
export const REPLAY_STALLED_MS = 60_000;

/** Progress reports of one item that a socket is sent in a second, at most about. */
export const PROGRESS_PER_SECOND = 10;

export const STREAM_MESSAGES = {
  hello: StreamHello,
  snapshot: StreamSnapshot,
  live: StreamLive,
  acknowledge: StreamAcknowledge,
} as const;
export type StreamMessage = StreamHello | StreamSnapshot | StreamLive | StreamAcknowledge;
