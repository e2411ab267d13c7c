/** A table without lines, as wide as its content and never wider than there is room. @pure */
import stringWidth from 'string-width';
import { fit, pad } from './text.ts';

export interface Column<Row> {
  head: string;
  /** May hold colours; one line. */
  cell(row: Row): string;
  align?: 'right';
  /** May be made as narrow as this where room is short; a column without it keeps its width. */
  least?: number;
}

const GAP = '  ';

/** A line for the heads, and one for each row. Columns in which no row says anything are left out. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, head }: { width: number; head: (text: string) => string },
): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const used = columns.flatMap((column, at) => (cells.some((row) => row[at] !== '') ? [{ column, at }] : []));
  const natural = used.map(({ column, at }) => {
    return Math.max(stringWidth(column.head), ...cells.map((row) => stringWidth(row[at] ?? '')));
  });
  const widths = narrowed(
    natural,
    used.map(({ column }, at) => Math.min(column.least ?? Number.POSITIVE_INFINITY, natural[at] ?? 0)),
    width - GAP.length * (used.length - 1),
  );
  const line = (texts: readonly string[], paint: (text: string) => string): string =>
    fit(
      used
        .map(({ column }, at) => {
          const text = paint(fit(texts[at] ?? '', widths[at] ?? 0));
          // Nothing stands behind the last one.
          return column.align || at < used.length - 1 ? pad(text, widths[at] ?? 0, column.align) : text;
        })
        .join(GAP)
        .trimEnd(),
      width,
    );
  return [
    line(
      used.map(({ column }) => column.head),
      head,
    ),
    ...cells.map((row) =>
      line(
        used.map(({ at }) => row[at] ?? ''),
        String,
      ),
    ),
  ];
}

/** Takes from the widest column that has something to give, until it fits or none has. */
function narrowed(natural: readonly number[], least: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    let widest = -1;
    for (const [at, width] of widths.entries())
      if (width > (least[at] ?? 0) && (widest < 0 || width > (widths[widest] ?? 0))) widest = at;
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Names and values below each other: `  status   completed`. */
export function factLines(facts: readonly (readonly [name: string, value: string])[], paint: (text: string) => string) {
  const shown = facts.filter(([, value]) => value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `  ${paint(name.padEnd(width))}  ${value}`);
}
