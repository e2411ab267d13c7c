/** The whole terminal for a while: what stood there comes back afterwards. Keys come one by one. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const BEGIN_UPDATE = '\x1b[?2026h';
const END_UPDATE = '\x1b[?2026l';

const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

/** What Ctrl-C is where keys come one by one. */
const INTERRUPT_KEY = '\x03';

export interface ScreenEvents {
  /** The terminal has another size: draw anew. */
  onResize(): void;
  onQuit(): void;
  onInterrupt(): void;
}

export class FullScreen {
  readonly #stream: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;
  readonly #events: ScreenEvents;
  readonly #restore = () => this.#leave();
  readonly #resized = () => {
    this.#stream.write('\x1b[2J');
    this.#events.onResize();
  };
  readonly #key = (keys: Buffer) => {
    const text = keys.toString('latin1');
    if (text.includes(INTERRUPT_KEY)) this.#events.onInterrupt();
    else if (/q/i.test(text)) this.#events.onQuit();
  };

  constructor(stream: NodeJS.WriteStream, input: NodeJS.ReadStream, events: ScreenEvents) {
    this.#stream = stream;
    this.#input = input;
    this.#events = events;
    stream.write(ENTER);
    stream.on('resize', this.#resized);
    // Whatever ends the process, nobody is left with a terminal that shows nothing that is typed.
    process.once('exit', this.#restore);
    if (input.isTTY) {
      input.setRawMode(true);
      input.on('data', this.#key);
    }
  }

  get columns(): number {
    return this.#stream.columns || COLUMNS_DEFAULT;
  }

  get rows(): number {
    return this.#stream.rows || ROWS_DEFAULT;
  }

  /** Each line is erased behind its text only, and all of it goes out at once, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    const picture = lines.map((line) => `${line}\x1b[K`).join('\r\n');
    this.#stream.write(`${BEGIN_UPDATE}\x1b[H${picture}\x1b[J${END_UPDATE}`);
  }

  close(): void {
    process.off('exit', this.#restore);
    this.#stream.off('resize', this.#resized);
    this.#leave();
    this.#input.off('data', this.#key);
    if (this.#input.isTTY) this.#input.pause();
  }

  #leave(): void {
    if (this.#input.isTTY) this.#input.setRawMode(false);
    this.#stream.write(LEAVE);
  }
}
