/** How a batch comes along: bars on a terminal, now and then a line elsewhere. */
import type { BatchTally } from '../client/run/batch-tally.ts';
import { batchLines, batchText } from './live/batch-lines.ts';
import { LiveArea } from './live/live-area.ts';
import { Rate } from './live/rate.ts';
import type { Terminal } from './terminal.ts';

/** Without a terminal: often enough to see that it lives, seldom enough for a log. */
const LINE_EVERY_MS = 2_000;

const DRAW_EVERY_MS = 100;

export interface BatchProgress {
  update(tally: BatchTally): void;
  connection(connected: boolean): void;
  /** A line that stays, above the bars. */
  note(text: string): void;
  stop(): void;
}

export const showProgress = (terminal: Terminal): BatchProgress =>
  terminal.interactive ? new Bars(terminal) : new Lines(terminal);

class Bars implements BatchProgress {
  readonly #terminal: Terminal;
  readonly #area: LiveArea;
  readonly #rate = new Rate();
  readonly #timer: NodeJS.Timeout;
  #tally: BatchTally | null = null;
  #disconnectedAt: number | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#area = new LiveArea(terminal.stream);
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS);
  }

  update(tally: BatchTally): void {
    if (this.#tally === null) {
      this.#tally = tally;
      this.#draw();
    }
  }

  connection(connected: boolean): void {
    this.#disconnectedAt = connected ? null : performance.now();
  }

  note(text: string): void {
    this.#area.line(text);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#area.end();
  }

  #draw(): void {
    const tally = this.#tally;
    if (tally === null) return;
    const now = performance.now();
    const rate = this.#rate.perSecond(tally.ended.size, now);
    this.#rate.take(tally.ended.size, now);
    const disconnected = this.#disconnectedAt === null ? null : (now - this.#disconnectedAt) / 1_000;
    this.#area.draw(batchLines({ tally, rate, disconnected }, this.#area.rows - 1, this.#terminal.colors));
  }
}

class Lines implements BatchProgress {
  readonly #terminal: Terminal;
  readonly #rate = new Rate();
  #ended = 0;
  #due = 0;
  #connected = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(tally: BatchTally): void {
    const now = performance.now();
    const rate = this.#rate.perSecond(tally.ended.size, now);
    this.#rate.take(tally.ended.size, now);
    if (tally.ended.size === this.#ended || (now < this.#due && !tally.done)) return;
    this.#ended = tally.ended.size;
    this.#due = now + LINE_EVERY_MS;
    this.#terminal.line(batchText({ tally, rate }));
  }

  connection(connected: boolean): void {
    if (connected !== this.#connected)
      this.#terminal.line(connected ? 'The service is there again.' : 'The connection is lost; it is waited for.');
    this.#connected = connected;
  }

  note(text: string): void {
    this.#terminal.line(text);
  }

  stop(): void {}
}
