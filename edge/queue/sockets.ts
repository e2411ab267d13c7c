/**
 * The object's websockets: event streams of clients and the sockets of runners. They hibernate, so what a socket
 * is stands in its attachment; what may be forgotten (how much it has acknowledged) stands in memory.
 */
import {
  CLOSE_BAD_MESSAGE,
  CLOSE_BEHIND,
  CLOSE_REPLACED,
  StreamAck,
  UNACKNOWLEDGED_MAX,
} from '../../contract/event/stream.ts';
import { SOCKET_MESSAGE_BYTES_MAX } from '../../contract/limits.ts';
import { type RunnerOrder, RunnerReport } from '../../contract/runner/socket.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import type { LogRow } from './fact.ts';
import { type EphemeralEvent, wantsProgress } from './progress.ts';
import { type RenderedEvent, render } from './render.ts';
import { frame, isWhole, messages, type StreamState } from './stream.ts';
import type { QueueContext } from './turn.ts';

interface RunnerAttachment {
  kind: 'runner';
  runner_no: number;
  epoch: number;
}

type Attachment = ({ kind: 'events' } & StreamState) | RunnerAttachment;

interface EventSocket {
  state: StreamState;
  /** Frames sent since the last acknowledgement. */
  unacknowledged: number;
}

const EVENTS_TAG = 'events';
const runnerTag = (runner_no: number): string => `runner:${runner_no}`;

export class Sockets {
  readonly #context: DurableObjectState;
  readonly #streams = new WeakMap<WebSocket, EventSocket>();

  constructor(context: DurableObjectState) {
    this.#context = context;
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  openEvents(server: WebSocket, state: StreamState, frames: Iterable<string>): void {
    const first = this.#context.getWebSockets(EVENTS_TAG).length === 0;
    this.#context.acceptWebSocket(server, [EVENTS_TAG]);
    // Before anything can fail: a socket without it could not be told from another after hibernation.
    server.serializeAttachment({ kind: 'events', ...state } satisfies Attachment);
    const stream: EventSocket = { state, unacknowledged: 0 };
    this.#streams.set(server, stream);
    const counted = function* () {
      for (const text of frames) {
        stream.unacknowledged++;
        yield text;
      }
    };
    for (const message of messages(counted(), state.packed)) server.send(message);
    server.serializeAttachment({ kind: 'events', ...state } satisfies Attachment);
    if (first) this.#orderAll({ order: 'watch', watched: true });
  }

  openRunner(server: WebSocket, runner_no: number, epoch: number): void {
    for (const older of this.#context.getWebSockets(runnerTag(runner_no)))
      older.close(CLOSE_REPLACED, 'a newer socket');
    this.#context.acceptWebSocket(server, ['runner', runnerTag(runner_no)]);
    server.serializeAttachment({ kind: 'runner', runner_no, epoch } satisfies Attachment);
    const orders: RunnerOrder[] = [
      { order: 'hello', protocol: PROTOCOL_VERSION },
      { order: 'watch', watched: this.#context.getWebSockets(EVENTS_TAG).length > 0 },
    ];
    for (const order of orders) server.send(JSON.stringify(order));
  }

  /** Whether the runner has a socket, `except` the one that is closing. */
  isConnected(runner_no: number, except?: WebSocket): boolean {
    return this.#context.getWebSockets(runnerTag(runner_no)).some((socket) => socket !== except);
  }

  order(runner_no: number, order: RunnerOrder): void {
    for (const socket of this.#context.getWebSockets(runnerTag(runner_no))) send(socket, JSON.stringify(order));
  }

  #orderAll(order: RunnerOrder): void {
    for (const socket of this.#context.getWebSockets('runner')) send(socket, JSON.stringify(order));
  }

  /** Sends a transaction's events to everybody who is to have them. */
  broadcast(source: QueueContext, row: LogRow): void {
    const sockets = this.#context.getWebSockets(EVENTS_TAG);
    if (sockets.length === 0) return;
    const events = render(source, [row]);
    // Streams of every event are alike, and often many: their messages are made once.
    const whole = new Map<boolean, { sent: string[]; count: number }>();
    for (const socket of sockets) {
      const stream = this.#stream(socket);
      const { state } = stream;
      let made = isWhole(state) ? whole.get(state.packed) : undefined;
      if (!made) {
        // What such a stream saw last follows from the numbers, so it needs no attachment written.
        if (isWhole(state)) state.prev = row.sequence - row.count;
        const texts = framesFor(events, state);
        made = { sent: [...messages(texts, state.packed)], count: texts.length };
        if (isWhole(state)) whole.set(state.packed, made);
      }
      if (made.count === 0) continue;
      if (isWhole(state)) state.prev = row.sequence;
      else socket.serializeAttachment({ kind: 'events', ...state } satisfies Attachment);
      for (const message of made.sent) send(socket, message);
      stream.unacknowledged += made.count;
      if (stream.unacknowledged > UNACKNOWLEDGED_MAX) socket.close(CLOSE_BEHIND, 'too far behind: resume with ?after=');
    }
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.#context.getWebSockets()) socket.close(code, reason);
  }

  closeStreams(): void {
    for (const socket of this.#context.getWebSockets(EVENTS_TAG)) socket.close(CLOSE_BEHIND, 'resume with ?after=');
  }

  broadcastEphemeral(event: EphemeralEvent): void {
    for (const socket of this.#context.getWebSockets(EVENTS_TAG)) {
      const { viewer, filter, packed } = this.#stream(socket).state;
      if (wantsProgress(event, viewer, filter)) send(socket, packed ? `[${event.text}]` : event.text);
    }
  }

  /** What a message means; null when it needs nothing more. A runner's report is returned for the caller to spread. */
  receive(socket: WebSocket, message: string | ArrayBuffer): { runner_no: number; report: RunnerReport } | null {
    const attachment = socket.deserializeAttachment() as Attachment;
    const text = typeof message === 'string' && message.length <= SOCKET_MESSAGE_BYTES_MAX ? message : '';
    const document = parse(text);
    if (attachment.kind === 'runner') {
      const report = RunnerReport.safeParse(document);
      if (report.success) return { runner_no: attachment.runner_no, report: report.data };
      socket.close(CLOSE_BAD_MESSAGE, 'a report was not understood');
      return null;
    }
    const ack = StreamAck.safeParse(document);
    if (!ack.success) {
      socket.close(CLOSE_BAD_MESSAGE, 'send {"ack": sequence} and nothing else');
      return null;
    }
    const stream = this.#stream(socket);
    stream.unacknowledged = Math.min(stream.unacknowledged, Math.max(0, stream.state.prev - ack.data.ack));
    return null;
  }

  /** The runner whose socket this was, when it was one's. */
  closed(socket: WebSocket): RunnerAttachment | null {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment?.kind === 'runner') return attachment;
    const left = this.#context.getWebSockets(EVENTS_TAG).filter((other) => other !== socket);
    if (left.length === 0) this.#orderAll({ order: 'watch', watched: false });
    return null;
  }

  #stream(socket: WebSocket): EventSocket {
    const known = this.#streams.get(socket);
    if (known) return known;
    const { viewer, filter, packed, prev } = socket.deserializeAttachment() as { kind: 'events' } & StreamState;
    const stream = { state: { viewer, filter, packed, prev }, unacknowledged: 0 };
    this.#streams.set(socket, stream);
    return stream;
  }
}

/** The frames of one stream; sets what it saw last. */
function framesFor(events: readonly RenderedEvent[], state: StreamState): string[] {
  const texts: string[] = [];
  for (const event of events) {
    const text = frame(event, state);
    if (text === null) continue;
    state.prev = event.sequence;
    texts.push(text);
  }
  return texts;
}

/** A socket that is closing throws; its close is on the way, and resume repairs what it misses. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    socket.close(1011, 'send failed');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
