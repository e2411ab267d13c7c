/** The event streams of a queue's object: what each is sent, and when it is given up. stream.ts decides. */
import { CLOSE_BEHIND } from '../../contract/event/close-codes.ts';
import type { LogRow } from './fact.ts';
import { isBehind, isBusy, isThirsty } from './flow.ts';
import { type EphemeralEvent, wantsProgress } from './progress.ts';
import { ProgressGate } from './progress-gate.ts';
import { render } from './render.ts';
import {
  attach,
  attachmentOf,
  close,
  type EventsAttachment,
  earlier,
  endKey,
  isExpired,
  isOpen,
  keyTag,
  type SocketKey,
  send,
} from './socket-attachment.ts';
import { advance, along, answer, follow, framesFor, messages, type StreamState, viewKey } from './stream.ts';
import type { QueueContext } from './turn.ts';

interface EventSocket extends EventsAttachment {
  gate: ProgressGate;
  /** Its next turn is on the way. */
  scheduled: boolean;
}

const EVENTS_TAG = 'events';
/** Those that want progress: runners report it while there is one. */
const WATCH_TAG = 'watch';

export class EventSockets {
  readonly #context: DurableObjectState;
  readonly #source: () => QueueContext;
  readonly #streams = new WeakMap<WebSocket, EventSocket>();
  /** No stream has to be given up before; null when none has. */
  deadline: number | null = null;
  #flushing = false;

  constructor(context: DurableObjectState, source: () => QueueContext) {
    this.#context = context;
    this.#source = source;
    for (const socket of this.#all()) this.#await(this.#stream(socket));
  }

  #all(): WebSocket[] {
    return this.#context.getWebSockets(EVENTS_TAG);
  }

  /** Whether anybody looks at progress, `except` by a socket that is closing. */
  isWatched(except?: WebSocket): boolean {
    return this.#context.getWebSockets(WATCH_TAG).some((socket) => socket !== except && isOpen(socket));
  }

  /** `first` are the documents that it begins with; what it missed follows. */
  open(socket: WebSocket, key: SocketKey, state: StreamState, first: readonly string[], now: number): void {
    const tags = [EVENTS_TAG, keyTag(key.key_id), ...(state.progress ? [WATCH_TAG] : [])];
    this.#context.acceptWebSocket(socket, tags);
    const stream: EventSocket = { kind: 'events', key, state, gate: new ProgressGate(), scheduled: false };
    // Before anything can fail: a socket without it could not be told from another after hibernation.
    this.#keep(socket, stream);
    this.#streams.set(socket, stream);
    this.#await(stream);
    this.#advance(socket, stream, first, now);
  }

  /** Sends more of what was missed, as far as this turn goes. */
  #advance(socket: WebSocket, stream: EventSocket, first: readonly string[], now: number): void {
    const { state } = stream;
    const { documents, next } = advance(this.#source(), state, now);
    for (const message of messages([...first, ...documents], state.packed)) send(socket, message);
    this.#keep(socket, stream);
    this.#await(stream);
    if (next === 'lost') close(socket, CLOSE_BEHIND, 'the log is ahead: resume with ?after=');
    else if (next === 'more') this.#schedule(socket, stream);
  }

  /** In a turn of its own: whoever calls meanwhile does not wait for it. */
  #schedule(socket: WebSocket, stream: EventSocket): void {
    if (stream.scheduled) return;
    stream.scheduled = true;
    setTimeout(() => {
      stream.scheduled = false;
      if (!isOpen(socket)) return;
      try {
        this.#advance(socket, stream, [], Date.now());
      } catch (error) {
        console.error(JSON.stringify({ level: 'error', message: 'a replay failed', error: String(error) }));
        close(socket, CLOSE_BEHIND, 'resume with ?after=');
      }
    }, 0);
  }

  /** Sends a transaction's events to everybody who is to have them. */
  broadcast(row: LogRow, now: number): void {
    const sockets = this.#all();
    if (sockets.length === 0) return;
    const events = render(this.#source(), row);
    const items = new Set(row.body.facts.flatMap((fact) => (typeof fact[2] === 'number' ? [Number(fact[1])] : [])));
    // Streams of the same view are often many: their messages are made once.
    const made = new Map<string, ReturnType<typeof framesFor> & { messages: string[] }>();
    for (const socket of sockets) {
      if (!isOpen(socket)) continue;
      const stream = this.#stream(socket);
      const { state } = stream;
      if (isExpired(stream.key, now)) {
        endKey(socket);
        continue;
      }
      if (!state.live) {
        if (isThirsty(state.flow)) this.#schedule(socket, stream);
        continue;
      }
      const view = viewKey(state);
      let frames = made.get(view);
      if (!frames) {
        const found = framesFor(events, state);
        frames = { ...found, messages: [...messages(found.documents, state.packed)] };
        made.set(view, frames);
      }
      if (frames.documents.length > 0 && stream.gate.next_at !== null)
        for (const item_id of items) this.#sendProgress(socket, stream, stream.gate.take(item_id));
      const mark = follow(state, frames, row.sequence);
      if (frames.documents.length === 0) continue;
      for (const message of frames.messages) send(socket, message);
      this.#sendMark(socket, stream, mark);
      this.#keep(socket, stream);
      if (isBehind(state.flow)) close(socket, CLOSE_BEHIND, 'too far behind: resume with ?after=');
    }
  }

  /** Sends what nobody can miss: it is seen now or not at all. */
  broadcastEphemeral(event: EphemeralEvent, now: number): void {
    for (const socket of this.#context.getWebSockets(WATCH_TAG)) {
      if (!isOpen(socket)) continue;
      const stream = this.#stream(socket);
      const { state, gate } = stream;
      if (!state.live || !wantsProgress(event, state.viewer, state.filter)) continue;
      if (isExpired(stream.key, now)) endKey(socket);
      else if (!event.is_progress || gate.offer(event.item_id, event.text, now, isBusy(state.flow)))
        this.#sendProgress(socket, stream, event.text);
    }
    this.#flushLater(now);
  }

  #sendProgress(socket: WebSocket, stream: EventSocket, text: string | null): void {
    const { state } = stream;
    if (text === null || isBusy(state.flow)) return;
    send(socket, state.packed ? `[${text}]` : text);
    this.#sendMark(socket, stream, along(state, 1, text.length));
  }

  #sendMark(socket: WebSocket, stream: EventSocket, mark: string | null): void {
    if (mark === null) return;
    send(socket, stream.state.packed ? `[${mark}]` : mark);
    this.#keep(socket, stream);
  }

  /** Reports that wait are sent when their time has come; one timer for all. */
  #flushLater(now: number): void {
    if (this.#flushing) return;
    let next: number | null = null;
    for (const socket of this.#context.getWebSockets(WATCH_TAG)) {
      const { gate, state } = this.#stream(socket);
      if (isOpen(socket) && !isBusy(state.flow)) next = earlier(next, gate.next_at);
    }
    if (next === null) return;
    this.#flushing = true;
    setTimeout(
      () => {
        this.#flushing = false;
        const then = Date.now();
        for (const socket of this.#context.getWebSockets(WATCH_TAG)) this.#flush(socket, this.#stream(socket), then);
        this.#flushLater(then);
      },
      Math.max(1, next - now),
    );
  }

  #flush(socket: WebSocket, stream: EventSocket, now: number): void {
    if (!isOpen(socket) || isBusy(stream.state.flow)) return;
    for (const text of stream.gate.due(now)) this.#sendProgress(socket, stream, text);
  }

  /** The client says that it has read `sequence`. */
  acknowledged(socket: WebSocket, sequence: number, now: number): void {
    const stream = this.#stream(socket);
    answer(stream.state, sequence);
    if (isExpired(stream.key, now)) endKey(socket);
    else if (stream.state.live) {
      this.#keep(socket, stream);
      this.#flush(socket, stream, now);
      this.#flushLater(now);
    } else if (!stream.scheduled && isThirsty(stream.state.flow)) this.#advance(socket, stream, [], now);
    else this.#keep(socket, stream);
  }

  closeAll(): void {
    for (const socket of this.#all()) close(socket, CLOSE_BEHIND, 'resume with ?after=');
  }

  /** Closes streams that answer nothing and streams of keys that have expired. */
  sweep(now: number): void {
    this.deadline = null;
    for (const socket of this.#all()) {
      const stream = this.#stream(socket);
      const { stalled_at } = stream.state;
      if (isExpired(stream.key, now)) endKey(socket);
      else if (stalled_at !== null && stalled_at <= now) close(socket, CLOSE_BEHIND, 'no answer: resume with ?after=');
      else if (isOpen(socket)) this.#await(stream);
    }
  }

  #await({ key, state }: EventSocket): void {
    this.deadline = earlier(this.deadline, earlier(key.expires_at, state.stalled_at));
  }

  #keep(socket: WebSocket, { kind, key, state }: EventSocket): void {
    attach(socket, { kind, key, state });
  }

  #stream(socket: WebSocket): EventSocket {
    const known = this.#streams.get(socket);
    if (known) return known;
    const attachment = attachmentOf(socket) as EventsAttachment;
    const stream = { ...attachment, gate: new ProgressGate(), scheduled: false };
    this.#streams.set(socket, stream);
    return stream;
  }
}
