/**
 * The socket to the queue: orders down, progress up. Nothing that must not be lost travels on it, so it only has to be
 * there again soon: every order is repeated by the answer to the next heartbeat.
 */
import { RunnerOrder } from '../../contract/runner/socket.ts';
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import type { Log } from './log.ts';
import type { Registration } from './registration.ts';

/** Well within what proxies and clouds allow an idle connection. */
export const PING_EVERY_MS = 15_000;

/** Progress is dropped rather than piled up when the line is slow. */
const BUFFERED_BYTES_MAX = 256 * 1024;

export interface RunnerSocketParts {
  api: EdgeApi;
  registration: Registration;
  clock: Clock;
  log: Log;
  ending: AbortSignal;
  onOrder: (order: RunnerOrder) => void;
  /** The socket opened, or failed to: either way the next heartbeat should come soon. */
  onTurn: () => void;
  pingEveryMs?: number;
}

export class RunnerSocket {
  readonly #parts: RunnerSocketParts;
  #socket: WebSocket | null = null;

  constructor(parts: RunnerSocketParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends a report, unless that would have to wait. */
  report(json: string): void {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < BUFFERED_BYTES_MAX) socket.send(json);
  }

  /** Ends the present connection: the registration that it belongs to is over. */
  renew(): void {
    this.#socket?.close();
  }

  async run(): Promise<void> {
    const { clock, ending, onTurn } = this.#parts;
    for (let attempt = 0; !ending.aborted; attempt++) {
      const opened = await this.#connection();
      if (opened) attempt = 0;
      if (ending.aborted) return;
      onTurn();
      await pause(clock, backoffMs(attempt, clock.random()), ending);
    }
  }

  /** One connection, from its opening to its end; true when it opened at all. */
  #connection(): Promise<boolean> {
    const { api, registration, ending, log, onOrder, onTurn } = this.#parts;
    const { runner_id, epoch } = registration.identity;
    const socket = new WebSocket(api.socketUrl(runner_id, epoch), { headers: { authorization: api.authorization } });
    this.#socket = socket;
    return new Promise((resolve) => {
      let opened = false;
      let stopPinging = () => {};
      const close = () => socket.close();
      const over = () => {
        stopPinging();
        ending.removeEventListener('abort', close);
        if (this.#socket === socket) this.#socket = null;
        resolve(opened);
      };
      ending.addEventListener('abort', close, { once: true });
      socket.addEventListener('open', () => {
        opened = true;
        log.debug({ epoch }, 'socket open');
        stopPinging = this.#keepAlive(socket, over);
        onTurn();
      });
      socket.addEventListener('message', ({ data }) => {
        const order = parseOrder(data);
        if (order) onOrder(order);
      });
      socket.addEventListener('close', over);
      socket.addEventListener('error', over);
    });
  }

  /** Pings, and gives the connection up when nothing at all came back since the ping before. */
  #keepAlive(socket: WebSocket, over: () => void): () => void {
    const { clock, pingEveryMs = PING_EVERY_MS } = this.#parts;
    let heard = true;
    let cancel = () => {};
    socket.addEventListener('message', () => {
      heard = true;
    });
    const beat = () => {
      if (!heard) {
        socket.close();
        // A dead line never confirms the close.
        return over();
      }
      heard = false;
      socket.send('ping');
      cancel = clock.later(pingEveryMs, beat);
    };
    cancel = clock.later(pingEveryMs, beat);
    return () => cancel();
  }
}

/** Null for a pong, and for an order of a later version of the protocol. */
function parseOrder(data: unknown): RunnerOrder | null {
  if (typeof data !== 'string' || data === 'pong') return null;
  try {
    return RunnerOrder.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}
