/** How a batch comes along: two bars on a terminal, now and then a line elsewhere. */
import { MultiBar, type SingleBar } from 'cli-progress';
import type { BatchTally } from '../client/run/batch-tally.ts';
import type { Terminal } from './terminal.ts';

/** Without a terminal: often enough to see that it lives, seldom enough for a log. */
const LINE_EVERY_MS = 2_000;

export interface BatchProgress {
  update(tally: BatchTally): void;
  /** A line that stays, above the bars. */
  note(text: string): void;
  stop(): void;
}

export const showProgress = (terminal: Terminal, total: number): BatchProgress =>
  terminal.interactive ? new Bars(terminal, total) : new Lines(terminal);

class Bars implements BatchProgress {
  readonly #bars: MultiBar;
  readonly #batch: SingleBar;
  readonly #session: SingleBar;

  constructor(terminal: Terminal, total: number) {
    this.#bars = new MultiBar({
      stream: terminal.stream,
      clearOnComplete: true,
      hideCursor: true,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
      gracefulExit: false,
    });
    this.#batch = this.#bars.create(total, 0, { note: '' }, { format: ' batch   {bar} {value}/{total} {note}' });
    this.#session = this.#bars.create(100, 0, { note: '' }, { format: ' session {bar} {percentage}% {note}' });
  }

  update({ ended, counts, running }: BatchTally): void {
    this.#batch.update(ended.size, { note: problems(counts) });
    const session = [...running.values()].at(-1);
    const note = session ? `item ${session.item_id}: ${session.type} ${session.message}` : '';
    this.#session.update(Math.round((session?.percentage ?? 0) * 100), { note });
  }

  note(text: string): void {
    this.#bars.log(`${text}\n`);
  }

  stop(): void {
    this.#bars.stop();
  }
}

class Lines implements BatchProgress {
  readonly #terminal: Terminal;
  #ended = 0;
  #due = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(tally: BatchTally): void {
    if (tally.ended.size === this.#ended || (Date.now() < this.#due && !tally.done)) return;
    this.#ended = tally.ended.size;
    this.#due = Date.now() + LINE_EVERY_MS;
    this.#terminal.line(`${tally.ended.size}/${tally.total} ${problems(tally.counts)}`.trim());
  }

  note(text: string): void {
    this.#terminal.line(text);
  }

  stop(): void {}
}

const problems = ({ failed, canceled }: BatchTally['counts']): string =>
  [failed > 0 ? `${failed} failed` : '', canceled > 0 ? `${canceled} canceled` : ''].filter(Boolean).join(', ');
