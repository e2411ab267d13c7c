/**
 * One client's view of the event log: what it gets when it opens, and which frames follow. @pure but for the reads
 * of its source. Sockets, and what is remembered between two frames, are the object's (sockets.ts).
 */
import type { StreamHello, StreamLive, StreamSnapshot } from '../../contract/event/stream.ts';
import { UNACKNOWLEDGED_MAX } from '../../contract/event/stream.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { isAdmin, maySee, type Principal } from '../../contract/store/key.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { valuesLength } from './batches.ts';
import { ITEM_VIEW, type ItemViewRow, itemSummary, redactItem, VISIBLE } from './item-view.ts';
import { lastSequence, logAfter, oldestSequence } from './log.ts';
import { type Filter, type RenderedEvent, render, type Viewer } from './render.ts';
import { batchStatus, queueStatus } from './status.ts';
import type { QueueContext } from './turn.ts';

/** What must survive hibernation, since the next frame's `prev` depends on it. */
export interface StreamState {
  viewer: Viewer;
  filter: Filter;
  /** Whether each message is a list of documents. */
  packed: boolean;
  /** The sequence of the last frame sent, or where the stream began. */
  prev: number;
}

/** Items in a snapshot; a client that wants more reads the list. */
const SNAPSHOT_ITEMS_MAX = 1_000;

export const viewerOf = (principal: Principal): Viewer => ({ user_id: principal.user_id, admin: isAdmin(principal) });

/** Whether `prev` follows from the sequence alone: such a stream has every event. */
export const isWhole = ({ viewer, filter }: StreamState): boolean =>
  viewer.admin && filter.item_id === undefined && filter.batch_id === undefined;

/** The frame for this client, or null when the event is not for it; the caller then sets `prev`. */
export function frame(event: RenderedEvent, { viewer, filter, prev }: StreamState): string | null {
  const tail = event.text(viewer, filter);
  return tail === null ? null : `{"sequence":${event.sequence},"prev":${prev},${tail}`;
}

/** UTF-16 units of one packed message: large enough to be few, small enough to be read while the next is under way. */
const PACK_LENGTH_MAX = 256 * 1024;

/** Documents as messages: each by itself, or in lists. */
export function* messages(documents: Iterable<string>, packed: boolean): Generator<string> {
  if (!packed) return yield* documents;
  let list: string[] = [];
  let length = 0;
  for (const document of documents) {
    list.push(document);
    length += document.length;
    if (length < PACK_LENGTH_MAX) continue;
    yield `[${list.join(',')}]`;
    list = [];
    length = 0;
  }
  if (list.length > 0) yield `[${list.join(',')}]`;
}

/**
 * What a client that saw everything up to `after` is sent first: hello, then a snapshot or what it missed, then
 * live. `after` null means that it wants what comes from now on. Changes `state.prev`.
 */
export function* opening(
  source: QueueContext,
  principal: Principal,
  state: StreamState,
  after: number | null,
): Generator<string> {
  const { sql, queue_id } = source;
  const sequence = lastSequence(sql);
  const { mode, from } = beginning(after, oldestSequence(sql), sequence);
  const hello: StreamHello = { name: 'hello', protocol: PROTOCOL_VERSION, queue_id, sequence, mode };
  yield JSON.stringify(hello);
  if (mode === 'snapshot') yield JSON.stringify(snapshot(source, principal, state.filter, sequence));
  state.prev = from;
  if (from < sequence)
    for (const rows of logAfter(sql, from))
      for (const event of render(source, rows)) {
        if (event.sequence <= from) continue;
        const text = frame(event, state);
        if (text === null) continue;
        state.prev = event.sequence;
        yield text;
      }
  const live: StreamLive = { name: 'live', sequence };
  yield JSON.stringify(live);
}

/** What the client is given, and the sequence after which events follow. */
function beginning(after: number | null, oldest: number, last: number): { mode: StreamHello['mode']; from: number } {
  if (after === null || after === last) return { mode: 'current', from: last };
  // A number from the future was seen in another life of the queue: its client needs the whole state.
  const lost = after > last || after < oldest - 1 || last - after > UNACKNOWLEDGED_MAX;
  return lost ? { mode: 'snapshot', from: last } : { mode: 'replay', from: after };
}

function snapshot(source: QueueContext, principal: Principal, filter: Filter, sequence: number): StreamSnapshot {
  const { sql, batches, queue_id } = source;
  const rows =
    filter.item_id === undefined
      ? sql.all<ItemViewRow>(
          `${ITEM_VIEW} WHERE items.runner_no IS NOT NULL ORDER BY items.item_id LIMIT ?`,
          SNAPSHOT_ITEMS_MAX,
        )
      : sql.all<ItemViewRow>(`${ITEM_VIEW} WHERE ${VISIBLE} AND items.item_id = ?`, filter.item_id);
  const items: ItemSummary[] = [];
  let length = 0;
  for (const row of rows) {
    const item = itemSummary(queue_id, batches, row);
    const whole = maySee(principal, item.user_id);
    // Which items a batch has is its owner's business, as in the events that follow.
    if (filter.batch_id !== undefined && !(whole && item.batch_id === filter.batch_id)) continue;
    items.push(whole ? item : redactItem(item));
    length += valuesLength(items.at(-1)?.field_values ?? []);
    if (length > ANSWER_LENGTH_MAX) break;
  }
  return {
    name: 'snapshot',
    sequence,
    queue_status: queueStatus(source, principal).queue,
    items,
    batch_status: filter.batch_id === undefined ? null : batchStatus(source, principal, filter.batch_id),
  };
}
