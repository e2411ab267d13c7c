import { expect, test } from 'vitest';
import { LiveArea } from './live-area.ts';

const ESCAPE = '\x1b';
const PIECES = new RegExp(`(${ESCAPE}\\[[?0-9]*[A-Za-z]|\r|\n)|([^${ESCAPE}\r\n]+)`, 'g');
const UP = new RegExp(`^${ESCAPE}\\[(\\d+)A$`);

/** What a terminal would show, of the few things that an area writes. */
class Screen {
  columns = 20;
  rows = 5;
  readonly lines: string[] = [''];
  #row = 0;
  cursorShown = true;

  write(text: string): boolean {
    for (const [, control = '', plain = ''] of text.matchAll(PIECES)) {
      const up = UP.exec(control)?.[1];
      if (up !== undefined) this.#row -= Number(up);
      else if (control === '\n') {
        this.#row++;
        this.lines[this.#row] ??= '';
      } else if (control === '\x1b[J') this.lines.splice(this.#row, Number.POSITIVE_INFINITY, '');
      else if (control === '\x1b[?25l' || control === '\x1b[?25h') this.cursorShown = control.endsWith('h');
      else if (plain !== '') this.lines[this.#row] = plain;
    }
    return true;
  }
}

function area(): { screen: Screen; live: LiveArea } {
  const screen = new Screen();
  return { screen, live: new LiveArea(screen as unknown as NodeJS.WriteStream) };
}

test('lines are drawn in place, and what is said stays above them', () => {
  const { screen, live } = area();
  live.draw(['one', 'two', 'three']);
  live.draw(['uno', 'dos']);
  expect(screen.lines).toEqual(['uno', 'dos', '']);
  live.line('said');
  expect(screen.lines).toEqual(['said', 'uno', 'dos', '']);
  live.draw(['eins']);
  expect(screen.lines).toEqual(['said', 'eins', '']);
  expect(screen.cursorShown).toBe(false);
  live.end();
  expect(screen.lines).toEqual(['said', '']);
  expect(screen.cursorShown).toBe(true);
});

test('no line wraps, and no more are shown than fit', () => {
  const { screen, live } = area();
  live.draw(Array.from({ length: 9 }, (_, index) => `${index} ${'x'.repeat(30)}`));
  expect(screen.lines.slice(0, -1)).toEqual([0, 1, 2, 3].map((index) => `${index} ${'x'.repeat(16)}…`));
  live.end();
});

test('a terminal that was made narrower has wrapped what stood there', () => {
  const { screen, live } = area();
  live.draw(['x'.repeat(19), 'short']);
  screen.columns = 10;
  const written: string[] = [];
  screen.write = (text) => written.push(text) > 0;
  live.draw(['y']);
  expect(written.join('')).toContain('\x1b[3A');
  live.end();
});
