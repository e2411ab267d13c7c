/** The sockets of runners: orders down. What is lost on them the next heartbeat repeats. */
import { CLOSE_REPLACED } from '../../contract/event/close-codes.ts';
import type { RunnerOrder } from '../../contract/runner/socket.ts';
import { PROTOCOL_VERSION } from '../../contract/version.ts';
import {
  attach,
  attachmentOf,
  close,
  earlier,
  endKey,
  isExpired,
  isOpen,
  keyTag,
  type RunnerAttachment,
  type SocketKey,
  send,
} from './socket-attachment.ts';

const RUNNER_TAG = 'runner';
const runnerTag = (runner_no: number): string => `runner:${runner_no}`;

export class RunnerSockets {
  readonly #context: DurableObjectState;
  /** No key of a runner's socket expires before; null when none does. */
  deadline: number | null = null;

  constructor(context: DurableObjectState) {
    this.#context = context;
    for (const socket of context.getWebSockets(RUNNER_TAG)) this.#await(attachmentOf(socket)?.key);
  }

  open(socket: WebSocket, key: SocketKey, runner_no: number, epoch: number, watched: boolean): void {
    for (const older of this.#context.getWebSockets(runnerTag(runner_no)))
      close(older, CLOSE_REPLACED, 'a newer socket');
    this.#context.acceptWebSocket(socket, [RUNNER_TAG, runnerTag(runner_no), keyTag(key.key_id)]);
    attach(socket, { kind: 'runner', key, runner_no, epoch } satisfies RunnerAttachment);
    this.#await(key);
    const orders: RunnerOrder[] = [
      { order: 'hello', protocol: PROTOCOL_VERSION },
      { order: 'watch', watched },
    ];
    for (const order of orders) send(socket, JSON.stringify(order));
  }

  /** Whether the runner has a socket, `except` the one that is closing. */
  isConnected(runner_no: number, except?: WebSocket): boolean {
    return this.#context.getWebSockets(runnerTag(runner_no)).some((socket) => socket !== except);
  }

  /** When the platform last answered a ping of the runner by itself, which wakes nobody. */
  pongAt(runner_no: number): number | null {
    const times = this.#context
      .getWebSockets(runnerTag(runner_no))
      .map((socket) => this.#context.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0);
    return times.length === 0 ? null : Math.max(...times);
  }

  order(runner_no: number, order: RunnerOrder, now: number): void {
    this.#send(runnerTag(runner_no), order, now);
  }

  orderAll(order: RunnerOrder, now: number): void {
    this.#send(RUNNER_TAG, order, now);
  }

  #send(tag: string, order: RunnerOrder, now: number): void {
    for (const socket of this.#context.getWebSockets(tag)) {
      const key = attachmentOf(socket)?.key;
      if (key && isExpired(key, now)) endKey(socket);
      else send(socket, JSON.stringify(order));
    }
  }

  /** Closes sockets of keys that have expired. */
  sweep(now: number): void {
    this.deadline = null;
    for (const socket of this.#context.getWebSockets(RUNNER_TAG)) {
      const key = attachmentOf(socket)?.key;
      if (key && isExpired(key, now)) endKey(socket);
      else if (isOpen(socket)) this.#await(key);
    }
  }

  #await(key: SocketKey | undefined): void {
    this.deadline = earlier(this.deadline, key?.expires_at ?? null);
  }
}
