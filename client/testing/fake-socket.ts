/** Sockets whose other end is the test. */
import type { Socket, SocketEvent } from '../events/socket.ts';
import type { ReceivedFrame } from '../events/stream-cursor.ts';

type Kind = 'open' | 'message' | 'close' | 'error';

export class FakeSocket implements Socket {
  readonly sent: string[] = [];
  closed = false;
  closeCode: number | null = null;
  /** Set by the service's first word; a real socket takes nothing before it is open. */
  #open = false;
  readonly #listeners = new Map<Kind, ((event: SocketEvent) => void)[]>();

  addEventListener(type: Kind, listener: (event: SocketEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  send(text: string): void {
    if (!this.#open) throw new DOMException('Still in CONNECTING state', 'InvalidStateError');
    this.sent.push(text);
  }
  close(code = 1000): void {
    if (this.closed) return;
    this.closed = true;
    this.closeCode = code;
    this.#emit('close', { code });
  }

  /** The service says something, in one packed message. */
  says(...frames: ReceivedFrame[]): void {
    this.saysText(JSON.stringify(frames));
  }
  saysText(data: string): void {
    this.#open = true;
    this.#emit('message', { data });
  }
  /** The connection ends from the other side. */
  drops(code = 1006): void {
    this.closed = true;
    this.#emit('close', { code });
  }

  #emit(type: Kind, event: SocketEvent): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** Hands out sockets and lets the test wait for each of them. */
export class FakeConnections {
  readonly afters: (number | null)[] = [];
  readonly #waiting: ((socket: FakeSocket) => void)[] = [];
  readonly #made: FakeSocket[] = [];

  connect(after: number | null): FakeSocket {
    return this.adopt(new FakeSocket(), after);
  }
  adopt(socket: FakeSocket, after: number | null): FakeSocket {
    this.afters.push(after);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(socket);
    else this.#made.push(socket);
    return socket;
  }
  /** The next socket that the client opens. */
  next(): Promise<FakeSocket> {
    const made = this.#made.shift();
    return made ? Promise.resolve(made) : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
