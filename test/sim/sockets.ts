/**
 * Websockets of the simulated platform: in order and whole while they last, until either side closes or the connection
 * breaks. They outlive the object's instance when it hibernates, with their attachments, and not when it crashes.
 */
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** The far end, as its owner hears it. */
export interface FarEnd {
  message(text: string): void;
  closed(code: number): void;
}

/** What `Sockets` (edge/queue/sockets.ts) uses of a hibernating websocket. */
export class SimulatedSocket {
  #attachment: string | null = null;
  #waiting: string[] = [];
  #delivering = false;
  isOpen = true;
  #isClosing = false;
  /** The process at the object's end is gone; this end has not noticed. */
  isOrphan = false;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #far: FarEnd;
  readonly #forget: (socket: SimulatedSocket) => void;

  constructor(timeline: Timeline, random: Random, far: FarEnd, forget: (socket: SimulatedSocket) => void) {
    this.#timeline = timeline;
    this.#random = random;
    this.#far = far;
    this.#forget = forget;
  }

  get readyState(): number {
    return this.#isClosing ? WebSocket.CLOSING : this.isOpen ? WebSocket.OPEN : WebSocket.CLOSED;
  }

  send(text: string): void {
    if (!this.isOpen || this.#isClosing) throw new Error('the socket is closed');
    this.#waiting.push(text);
    this.#deliver();
  }

  /** Messages that were not delivered yet. */
  get underWay(): number {
    return this.#waiting.length;
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    this.#timeline.after(this.#random.delay(20, 2_000), () => {
      this.#delivering = false;
      const texts = this.#waiting;
      this.#waiting = [];
      for (const text of texts) if (this.isOpen) this.#far.message(text);
    });
  }

  /** Closed by the object: the other side hears of it after what was sent before. */
  close(code = 1000): void {
    if (!this.isOpen || this.#isClosing) return;
    this.#isClosing = true;
    this.#timeline.after(this.#random.delay(20, 2_000), () => this.break(code));
  }

  /** The connection is gone, with what was under way. */
  break(code = 1006): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#waiting = [];
    this.#forget(this);
    this.#far.closed(code);
  }

  serializeAttachment(text: string): void {
    this.#attachment = text;
  }

  deserializeAttachment(): string | null {
    return this.#attachment;
  }
}

/** What `Sockets` uses of a Durable Object's context. */
export class SocketContext {
  readonly #tags = new Map<SimulatedSocket, readonly string[]>();

  getWebSockets(tag?: string): SimulatedSocket[] {
    return [...this.#tags].filter(([, tags]) => tag === undefined || tags.includes(tag)).map(([socket]) => socket);
  }

  acceptWebSocket(socket: SimulatedSocket, tags: readonly string[]): void {
    this.#tags.set(socket, tags);
  }

  setWebSocketAutoResponse(): void {}

  forget(socket: SimulatedSocket): void {
    this.#tags.delete(socket);
  }
}

/** A global of the platform, which only its own automatic answers look at. */
Object.assign(globalThis, { WebSocketRequestResponsePair: class {} });
