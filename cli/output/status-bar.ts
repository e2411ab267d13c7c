/** Statuses in colour, and how many of a whole are in each, as one bar. @pure */
import type pc from 'picocolors';
import { STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';

type Colors = ReturnType<typeof pc.createColors>;

const PAINTS = {
  pending: 'gray',
  in_progress: 'cyan',
  waiting: 'magenta',
  completed: 'green',
  failed: 'red',
  canceled: 'yellow',
} as const satisfies Record<Status, keyof Colors>;

export const paintStatus = (colors: Colors, status: Status, text: string = status): string =>
  colors[PAINTS[status]](text);

/** Without colours, the letters tell the parts apart. */
const LETTERS = {
  pending: '·',
  in_progress: '>',
  waiting: '~',
  completed: '=',
  failed: '!',
  canceled: 'x',
} as const satisfies Record<Status, string>;

/** `width` characters in the proportion of the counts; whatever is there at all has one of them. */
export function statusBar(counts: StatusCounts, width: number, colors: Colors): string {
  const cells = cellsOf(counts, width);
  return STATUS_NAMES.map((status, at) => {
    const text = (colors.isColorSupported ? '█' : LETTERS[status]).repeat(cells[at] ?? 0);
    return text && paintStatus(colors, status, text);
  }).join('');
}

/** By largest remainder, after one for each that is not nothing. */
function cellsOf(counts: StatusCounts, width: number): number[] {
  const values = STATUS_NAMES.map((status) => counts[status]);
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return values;
  const ones = values.map((value) => (value > 0 ? 1 : 0) as number);
  const room = Math.max(0, width - ones.reduce((sum, one) => sum + one, 0));
  const shares = values.map((value) => (value / total) * room);
  const cells = shares.map((share, at) => Math.floor(share) + (ones[at] ?? 0));
  const byRemainder = shares.map((share, at) => ({ at, rest: share % 1 })).sort((a, b) => b.rest - a.rest);
  let left = room - shares.reduce((sum, share) => sum + Math.floor(share), 0);
  for (const { at } of byRemainder) {
    if (left-- <= 0) break;
    cells[at] = (cells[at] ?? 0) + 1;
  }
  return cells;
}

/** `3 pending   1 in_progress`, and nothing of what there is none of. */
export const statusCounts = (counts: StatusCounts, colors: Colors): string =>
  STATUS_NAMES.flatMap((status) =>
    counts[status] > 0 ? [paintStatus(colors, status, `${counts[status]} ${status}`)] : [],
  ).join('   ');
