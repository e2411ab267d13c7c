/** Reads server-sent events one by one, as slowly as a test wants. */
export interface ServerSentEvent {
  id?: string;
  event?: string;
  data?: string;
  retry?: string;
  /** A line that says nothing: the connection lives. */
  comment?: string;
}

export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(response: Response) {
    if (!response.body) throw new Error('no body');
    this.#reader = response.body.getReader();
  }

  /** The next event; null when the stream has ended. */
  async next(): Promise<ServerSentEvent | null> {
    for (let end = this.#text.indexOf('\n\n'); ; end = this.#text.indexOf('\n\n')) {
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return Object.fromEntries(block.split('\n').map(fieldOf));
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async until(isIt: (event: ServerSentEvent) => boolean): Promise<ServerSentEvent[]> {
    const events: ServerSentEvent[] = [];
    for (let event = await this.next(); event !== null; event = await this.next()) {
      events.push(event);
      if (isIt(event)) return events;
    }
    throw new Error(`the stream ended after ${JSON.stringify(events.at(-1))}`);
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  const value = line.slice(colon + 1).replace(/^ /, '');
  return [colon === 0 ? 'comment' : line.slice(0, colon), value];
}
