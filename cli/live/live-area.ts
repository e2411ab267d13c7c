/**
 * Some lines at the end of a terminal that are redrawn in place, while others scroll away above them. A picture goes out
 * as one write, each line erased only behind its text, so that nothing flickers.
 */
import stringWidth from 'string-width';
import { fit } from '../output/text.ts';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_LINE_REST = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
/** A terminal that knows these shows what stands between them at once; others ignore them. */
const BEGIN_UPDATE = '\x1b[?2026h';
const END_UPDATE = '\x1b[?2026l';

/** Of a terminal that does not tell its size. */
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

export class LiveArea {
  readonly #stream: NodeJS.WriteStream;
  /** What each line of the last picture takes. */
  #widths: number[] = [];
  #lines: readonly string[] = [];
  #begun = false;
  readonly #restore = () => this.#stream.write(SHOW_CURSOR);

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || COLUMNS_DEFAULT;
  }

  get rows(): number {
    return this.#stream.rows || ROWS_DEFAULT;
  }

  /** Lines wider than the terminal are cut, and those too many for it left out. */
  draw(lines: readonly string[]): void {
    this.#write('', lines);
  }

  /** A line that stays, above the others. */
  line(text: string): void {
    this.#write(`${text}${ERASE_LINE_REST}\n`, this.#lines);
  }

  /** Nothing of the area stays. */
  end(): void {
    if (!this.#begun) return;
    this.#write('', []);
    this.#stream.write(SHOW_CURSOR);
    this.#begun = false;
    process.off('exit', this.#restore);
  }

  #write(above: string, lines: readonly string[]): void {
    const begin = this.#begun ? '' : HIDE_CURSOR;
    if (!this.#begun) process.once('exit', this.#restore);
    this.#begun = true;
    const back = this.#toTop();
    const shown = lines.slice(0, Math.max(1, this.rows - 1)).map((line) => fit(line, this.columns - 1));
    this.#lines = lines;
    this.#widths = shown.map((line) => stringWidth(line));
    const picture = shown.map((line) => `${line}${ERASE_LINE_REST}\n`).join('');
    this.#stream.write(`${begin}${BEGIN_UPDATE}${back}${above}${picture}${ERASE_BELOW}${END_UPDATE}`);
  }

  /** From below the last picture to its first line; a terminal that was made narrower has wrapped the lines since. */
  #toTop(): string {
    const rows = this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.columns)), 0);
    return rows === 0 ? '\r' : `\r\x1b[${rows}A`;
  }
}
