/**
 * The object's websockets: event streams of clients and the sockets of runners. They hibernate, so that everything that
 * must not be forgotten stands in their attachments.
 */

import { CLOSE_BAD_MESSAGE } from '../../contract/event/close-codes.ts';
import { StreamAck } from '../../contract/event/stream.ts';
import { SOCKET_MESSAGE_BYTES_MAX } from '../../contract/limits.ts';
import { RunnerReport } from '../../contract/runner/socket.ts';
import { EventSockets } from './event-sockets.ts';
import { RunnerSockets } from './runner-sockets.ts';
import {
  attachmentOf,
  close,
  earlier,
  endKey,
  isExpired,
  isOpen,
  keyTag,
  type RunnerAttachment,
  type SocketKey,
} from './socket-attachment.ts';
import type { StreamState } from './stream.ts';
import type { QueueContext } from './turn.ts';

export class Sockets {
  readonly #context: DurableObjectState;
  readonly events: EventSockets;
  readonly runners: RunnerSockets;

  constructor(context: DurableObjectState, source: () => QueueContext) {
    this.#context = context;
    this.events = new EventSockets(context, source);
    this.runners = new RunnerSockets(context);
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  openEvents(socket: WebSocket, key: SocketKey, state: StreamState, first: readonly string[], now: number): void {
    const first_watcher = state.progress && !this.events.isWatched();
    this.events.open(socket, key, state, first, now);
    if (first_watcher) this.runners.orderAll({ order: 'watch', watched: true }, now);
  }

  openRunner(socket: WebSocket, key: SocketKey, runner_no: number, epoch: number): void {
    this.runners.open(socket, key, runner_no, epoch, this.events.isWatched());
  }

  /** What a message means; null when it needs nothing more. A runner's report is returned for the caller to spread. */
  receive(
    socket: WebSocket,
    message: string | ArrayBuffer,
    now: number,
  ): { runner_no: number; report: RunnerReport } | null {
    if (!isOpen(socket)) return null;
    const attachment = attachmentOf(socket);
    if (attachment === null || isExpired(attachment.key, now)) {
      endKey(socket);
      return null;
    }
    const document = parse(message);
    if (attachment.kind === 'runner') {
      const report = RunnerReport.safeParse(document);
      if (report.success) return { runner_no: attachment.runner_no, report: report.data };
      close(socket, CLOSE_BAD_MESSAGE, 'a report was not understood');
      return null;
    }
    const ack = StreamAck.safeParse(document);
    if (ack.success) this.events.acknowledged(socket, ack.data.ack, now);
    else close(socket, CLOSE_BAD_MESSAGE, 'send {"ack": sequence} and nothing else');
    return null;
  }

  /** The runner whose socket this was, when it was one's. */
  closed(socket: WebSocket, now: number): RunnerAttachment | null {
    const attachment = attachmentOf(socket);
    if (attachment?.kind === 'runner') return attachment;
    if (attachment?.state.progress && !this.events.isWatched(socket))
      this.runners.orderAll({ order: 'watch', watched: false }, now);
    return null;
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.#context.getWebSockets()) close(socket, code, reason);
  }

  closeKey(key_id: string): void {
    for (const socket of this.#context.getWebSockets(keyTag(key_id))) endKey(socket);
  }

  /** When a socket has to be looked at next, whatever happens; null when none has. */
  get deadline(): number | null {
    return earlier(this.events.deadline, this.runners.deadline);
  }

  sweep(now: number): void {
    const { deadline } = this;
    if (deadline === null || now < deadline) return;
    this.events.sweep(now);
    this.runners.sweep(now);
  }
}

/** Undefined for what is no JSON text of a bearable size: no schema takes it. */
function parse(message: string | ArrayBuffer): unknown {
  if (typeof message !== 'string' || message.length > SOCKET_MESSAGE_BYTES_MAX) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
