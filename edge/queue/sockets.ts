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
import { render } from './render.ts';
import { frame, isWhole, type StreamState } from './stream.ts';
import type { Source } from './telling.ts';

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
    const stream: EventSocket = { state, unacknowledged: 0 };
    this.#streams.set(server, stream);
    for (const text of frames) {
      server.send(text);
      stream.unacknowledged++;
    }
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
  broadcast(source: Source, row: LogRow): void {
    const sockets = this.#context.getWebSockets(EVENTS_TAG);
    if (sockets.length === 0) return;
    const events = render(source, row);
    for (const socket of sockets) {
      const stream = this.#stream(socket);
      const whole = isWhole(stream.state);
      let sent = false;
      for (const event of events) {
        // A stream of every event needs no attachment written: what it saw last follows from the numbers.
        if (whole) stream.state.prev = event.sequence - 1;
        const text = frame(event, stream.state);
        if (text === null) continue;
        stream.state.prev = event.sequence;
        stream.unacknowledged++;
        sent = true;
        send(socket, text);
      }
      if (sent && !whole) socket.serializeAttachment({ kind: 'events', ...stream.state } satisfies Attachment);
      if (stream.unacknowledged > UNACKNOWLEDGED_MAX) socket.close(CLOSE_BEHIND, 'too far behind: resume with ?after=');
    }
  }

  broadcastEphemeral(event: EphemeralEvent): void {
    for (const socket of this.#context.getWebSockets(EVENTS_TAG)) {
      const { viewer, filter } = this.#stream(socket).state;
      if (wantsProgress(event, viewer, filter)) send(socket, event.text);
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
    const { viewer, filter, prev } = socket.deserializeAttachment() as { kind: 'events' } & StreamState;
    const stream = { state: { viewer, filter, prev }, unacknowledged: 0 };
    this.#streams.set(socket, stream);
    return stream;
  }
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
