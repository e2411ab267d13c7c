/** A websocket client inside workerd that keeps what it is sent, and waits for it. */
import { exports } from 'cloudflare:workers';

export type Message = { name: string; sequence?: number; prev?: number; [field: string]: unknown };

export class TestSocket {
  readonly messages: Message[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;
  #changed: (() => void) | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.messages.push(data === 'pong' ? { name: 'pong' } : (JSON.parse(String(data)) as Message));
      this.#changed?.();
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.closed = { code, reason };
      this.#changed?.();
    });
    socket.accept();
  }

  static async open(path: string, key: string | null): Promise<TestSocket> {
    const response = await exports.default.fetch(
      new Request(`https://switchyard.test${path}`, {
        headers: { upgrade: 'websocket', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      }),
    );
    if (!response.webSocket) throw new Error(`${response.status}: ${await response.text()}`);
    return new TestSocket(response.webSocket);
  }

  send(message: unknown): void {
    const isRaw = typeof message === 'string' || message instanceof ArrayBuffer;
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** The messages, once `isEnough` holds for them. */
  async until(isEnough: (socket: this) => boolean): Promise<Message[]> {
    while (!isEnough(this))
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    return this.messages;
  }
}
