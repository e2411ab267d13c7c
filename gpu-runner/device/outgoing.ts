/** Collects what a turn of the event loop has to say and sends it as one message. */
import { setImmediate as afterTurn } from 'node:timers';

export class Outgoing<Message> {
  readonly #send: (messages: Message[]) => void;
  #waiting: Message[] = [];
  #scheduled = false;

  constructor(send: (messages: Message[]) => void) {
    this.#send = send;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  post(message: Message): void {
    this.#waiting.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    afterTurn(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Sends at once: before work that blocks the event loop, or before the end. */
  flush(): void {
    if (this.isEmpty) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#send(messages);
  }
}
