/** Text of others on a terminal: harmless, and no wider than there is room. @pure */
import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** What a name, a label or a message of somebody else says must not move the cursor or recolour the rest. */
export const harmless = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd');

/** The same as one line, as a cell of a table needs it. */
export const oneLine = (text: string): string => harmless(text.replaceAll(/\s+/g, ' ').trim());

/** The same for text of several lines, such as a traceback. */
export const harmlessLines = (text: string): string[] =>
  text.replaceAll('\t', '    ').trimEnd().split(/\r?\n/).map(harmless);

/** At most `width` columns of a terminal; what is cut off is shown as `…`. Colours in it stay. */
export function fit(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  if (width < 1) return '';
  // A wide character at the end is kept whole, which may be one column too many.
  const cut = sliceAnsi(text, 0, width - 1);
  return `${stringWidth(cut) < width ? cut : sliceAnsi(text, 0, width - 2)}…`;
}

/** Filled up with spaces to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** `1 item`, `3 items`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
