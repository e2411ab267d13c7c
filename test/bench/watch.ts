/** The event stream of a queue, as a row waits on it. */
import type { BenchEdge } from './edge.ts';

/** The fields of events that rows look at. */
export interface Seen {
  name: string;
  sequence?: number;
  item_id?: number;
  status?: string;
  invocation_id?: string;
  result?: { value?: string };
  seconds?: number;
}

export class Watch {
  readonly #socket: WebSocket;
  readonly #waiting = new Set<(event: Seen) => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const events = JSON.parse(String(data)) as Seen[];
      for (const event of events) for (const take of this.#waiting) take(event);
      for (const event of events)
        if (event.name === 'acknowledge') socket.send(JSON.stringify({ ack: event.sequence }));
    });
  }

  /** Resolves when the stream is live: whatever happens from now on is seen. */
  static async open(edge: BenchEdge, queue: string): Promise<Watch> {
    const socket = edge.socket(`${queue}/events?packed=true`);
    const watch = new Watch(socket);
    await watch.until(({ name }) => name === 'live');
    return watch;
  }

  /** The next event that satisfies the condition. Ask before doing what causes it. */
  until(condition: (event: Seen) => boolean): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const over = () => reject(new Error('the event stream ended'));
      const take = (event: Seen) => {
        if (!condition(event)) return;
        this.#waiting.delete(take);
        this.#socket.removeEventListener('close', over);
        resolve(event);
      };
      this.#waiting.add(take);
      this.#socket.addEventListener('close', over, { once: true });
    });
  }

  close(): void {
    this.#socket.close();
  }
}
