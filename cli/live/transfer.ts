/** Bytes on their way, or through a hash: a bar on a terminal, now and then a line elsewhere. */
import { sizeText } from '../output/sizes.ts';
import { duration } from '../output/times.ts';
import type { Terminal } from '../terminal.ts';
import { bar, percent } from './bar.ts';
import { LiveArea } from './live-area.ts';
import { Rate } from './rate.ts';

const BAR = 28;
const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

export class Transfer {
  readonly #terminal: Terminal;
  readonly #area: LiveArea;
  #rate = new Rate();
  #what = '';
  #total = 0;
  #done = 0;
  #drawnAt = performance.now();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#area = new LiveArea(terminal.stream);
  }

  /** `what` is said before the bar; a new one begins anew. */
  update(what: string, done: number, total: number): void {
    if (what !== this.#what) this.#rate = new Rate();
    this.#what = what;
    this.#total = total;
    this.#done = done;
    const now = performance.now();
    if (now - this.#drawnAt < (this.#terminal.interactive ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#drawnAt = now;
    const rate = this.#rate.perSecond(done, now);
    this.#rate.take(done, now);
    if (this.#terminal.interactive) this.#area.draw([this.#line(rate)]);
    else this.#terminal.line(`${what} ${percent(done / total)} of ${sizeText(total)}`);
  }

  end(): void {
    this.#area.end();
  }

  #line(rate: number | null): string {
    const [done, total] = [this.#done, this.#total];
    const part = total === 0 ? 1 : done / total;
    const speed = rate === null ? '' : `, ${sizeText(rate)}/s, ${duration((total - done) / rate)} left`;
    const { colors: c } = this.#terminal;
    return ` ${this.#what} ${c.green(bar(part, BAR))} ${percent(part)}  ${sizeText(done)} of ${sizeText(total)}${speed}`;
  }
}
