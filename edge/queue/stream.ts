/**
 * One client's view of the event log: what it gets when it opens, which frames follow, and how much of them may be under
 * way. @pure but for the reads of its source. Sockets, and what is remembered between two frames, are the object's.
 */
import type { StreamAcknowledge, StreamHello, StreamLive } from '../../contract/event/stream.ts';
import { REPLAY_STALLED_MS } from '../../contract/event/stream.ts';
import { isAdmin, type Principal } from '../../contract/store/key.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import { acknowledged, type Flow, hasRoom, isThirsty, marked, STILL, sent, wantsMark } from './flow.ts';
import { lastSequence } from './log.ts';
import { type LogPage, logHas, logPage } from './log-page.ts';
import { type Filter, type RenderedEvent, renderFacts, type Viewer } from './render.ts';
import { snapshot } from './snapshot.ts';
import type { QueueContext } from './turn.ts';

/** Pages of the log that are read in one turn: the object does other things in between, however much was missed. */
const PAGES_PER_TURN = 8;
/** Events whose rows are read together: results may be large, and the window may end. */
const RENDERED_AT_ONCE = 250;

/** Everything that a stream is; it survives hibernation as JSON in the socket's attachment. */
export interface StreamState {
  viewer: Viewer;
  filter: Filter;
  /** Whether each message is a list of documents. */
  packed: boolean;
  /** Whether it wants progress. */
  progress: boolean;
  /** The sequence of the last frame sent, or where the stream began. */
  prev: number;
  /** Everything in the log up to here was sent, or is not for this client. */
  read: number;
  /** It was sent all that it missed, and gets events as they happen. */
  live: boolean;
  flow: Flow;
  /** When a client that answers no mark is given up; null while nothing is asked of it. */
  stalled_at: number | null;
}

export const viewerOf = (principal: Principal): Viewer => ({ user_id: principal.user_id, admin: isAdmin(principal) });

export const newStream = (
  viewer: Viewer,
  filter: Filter = {},
  { packed = false, progress = true }: Partial<Pick<StreamState, 'packed' | 'progress'>> = {},
): StreamState => ({
  viewer,
  filter,
  packed,
  progress,
  prev: 0,
  read: 0,
  live: false,
  flow: STILL,
  stalled_at: null,
});

/** What a stream is sent of what it missed, in one turn. */
export interface Portion {
  documents: string[];
  /**
   * more     there is more to read, in a turn of its own.
   * waiting  for an answer to a mark, or for the next event.
   * lost     the log no longer has what is missing.
   */
  next: 'more' | 'waiting' | 'lost';
}

/**
 * Opens a stream for a client that saw everything up to `after`, or with null for one that wants what comes from now
 * on: hello, and the snapshot where there is one. `advance` gives what follows.
 */
export function open(source: QueueContext, principal: Principal, state: StreamState, after: number | null): string[] {
  const { sql, queue_id } = source;
  const sequence = lastSequence(sql);
  const mode = modeOf(source, after, sequence);
  state.read = mode === 'replay' && after !== null ? after : sequence;
  state.prev = state.read;
  const hello: StreamHello = { name: 'hello', protocol: PROTOCOL_VERSION, queue_id, sequence, mode };
  const documents = [JSON.stringify(hello)];
  if (mode === 'snapshot') documents.push(JSON.stringify(snapshot(source, principal, state.filter, sequence)));
  state.flow = sent(state.flow, { documents: documents.length, characters: lengthOf(documents) });
  return documents;
}

function modeOf(source: QueueContext, after: number | null, last: number): StreamHello['mode'] {
  if (after === null || after === last) return 'current';
  // A number from the future was seen in another life of the queue: its client needs the whole state.
  return after < last && logHas(source, after) ? 'replay' : 'snapshot';
}

/** The next of what the client missed, as far as its window and this turn go; at the end the mark `live`. */
export function advance(source: QueueContext, state: StreamState, now: number): Portion {
  const documents: string[] = [];
  if (state.live) return { documents, next: 'waiting' };
  const last = lastSequence(source.sql);
  for (let pages = 0; state.read < last && hasRoom(state.flow); pages++) {
    if (pages === PAGES_PER_TURN) return { documents, next: 'more' };
    const page = logPage(source, state.read, state.filter);
    if (page === null) return { documents, next: 'lost' };
    state.read = sendPage(source, state, page, documents);
  }
  if (state.read < last) state.stalled_at ??= now + REPLAY_STALLED_MS;
  else {
    const live: StreamLive = { name: 'live', sequence: last };
    add(state, documents, JSON.stringify(live));
    state.live = true;
    state.stalled_at = null;
  }
  return { documents, next: 'waiting' };
}

/** Adds the frames of a page while there is room; returns the sequence up to which the page is done. */
function sendPage(source: QueueContext, state: StreamState, page: LogPage, documents: string[]): number {
  for (let at = 0; at < page.facts.length; at += RENDERED_AT_ONCE)
    for (const event of renderFacts(source, page.facts.slice(at, at + RENDERED_AT_ONCE))) {
      const text = frame(event, state, state.prev);
      if (text === null) continue;
      add(state, documents, text);
      state.prev = event.sequence;
      const mark = dueMark(state);
      if (mark !== null) documents.push(mark);
      if (!hasRoom(state.flow)) return event.sequence;
    }
  return page.through;
}

function add(state: StreamState, documents: string[], document: string): void {
  documents.push(document);
  state.flow = sent(state.flow, { documents: 1, characters: document.length });
}

/** Streams with the same key are sent the same frames; often a thousand of them are. */
export const viewKey = ({ viewer, filter, packed, prev }: StreamState): string =>
  `${prev} ${packed} ${filter.item_id ?? ''} ${viewer.admin} ${filter.batch_id ?? ''} ${viewer.admin ? '' : viewer.user_id}`;

/** A transaction's events as the streams of one view get them. */
export interface Frames {
  documents: string[];
  characters: number;
  /** The last of them; what it was before when there are none. */
  prev: number;
}

export function framesFor(events: readonly RenderedEvent[], state: StreamState): Frames {
  const documents: string[] = [];
  let { prev } = state;
  for (const event of events) {
    const text = frame(event, state, prev);
    if (text === null) continue;
    documents.push(text);
    prev = event.sequence;
  }
  return { documents, characters: lengthOf(documents), prev };
}

/** A live stream is sent the frames of a transaction, `through` its last event. Returns the mark to send after them. */
export function follow(state: StreamState, { documents, characters, prev }: Frames, through: number): string | null {
  state.read = through;
  if (documents.length === 0) return null;
  state.prev = prev;
  return along(state, documents.length, characters);
}

/** Counts what travels along; returns the mark to send after it. */
export function along(state: StreamState, documents: number, characters: number): string | null {
  state.flow = sent(state.flow, { documents, characters });
  return dueMark(state);
}

/** The client says that it has read `sequence`. */
export function answer(state: StreamState, sequence: number): void {
  state.flow = acknowledged(state.flow, sequence);
  if (isThirsty(state.flow)) state.stalled_at = null;
}

/** The frame for this client, or null when the event is not for it. */
function frame(event: RenderedEvent, { viewer, filter }: StreamState, prev: number): string | null {
  const tail = event.text(viewer, filter);
  return tail === null ? null : `{"sequence":${event.sequence},"prev":${prev},${tail}`;
}

function dueMark(state: StreamState): string | null {
  if (!wantsMark(state.flow)) return null;
  const mark: StreamAcknowledge = { name: 'acknowledge', sequence: state.prev };
  state.flow = marked(state.flow, state.prev);
  return JSON.stringify(mark);
}

const lengthOf = (documents: readonly string[]): number =>
  documents.reduce((length, document) => length + document.length, 0);

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
