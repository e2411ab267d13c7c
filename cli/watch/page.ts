/** The picture of a queue as lines of a screen. @pure */
import type pc from 'picocolors';
import { bar, percent } from '../live/bar.ts';
import { rateText } from '../live/rate.ts';
import { paintStatus, statusBar, statusCounts } from '../output/status-bar.ts';
import { tableLines } from '../output/table.ts';
import { count, fit, oneLine } from '../output/text.ts';
import { duration } from '../output/times.ts';
import type { QueuePicture, RowOfQueue } from './queue-picture.ts';

const PROGRESS_BAR = 10;
const STATUS_BAR_MAX = 100;

/** What a service puts in place of what is not the caller's to see. */
const REDACTED = 'redacted';

export interface PageOptions {
  /** `queue default`, and what it is narrowed to. */
  title: string;
  colors: ReturnType<typeof pc.createColors>;
  columns: number;
  rows: number;
  /** In milliseconds since 1970. */
  now: number;
  /** Ended items a second; null when it is not known. */
  rate: number | null;
}

/** Exactly as many lines as there is room for, or fewer. */
export function pageLines(picture: QueuePicture, options: PageOptions): string[] {
  const { colors: c, columns, rows } = options;
  const head = [headLine(picture, options), ...countLines(picture, options), ''];
  const foot = [c.dim('q or Ctrl-C leaves')];
  const room = rows - head.length - foot.length - 2;
  const running = [...picture.running.values()];
  const runs = Math.min(running.length, Math.max(1, room - Math.min(picture.recent.length, Math.floor(room / 2))));
  const shown = [...running.slice(0, runs), ...picture.recent.slice(0, Math.max(0, room - runs))];
  const hidden = running.length - runs;
  const body =
    shown.length === 0
      ? [c.dim('Nothing runs, and nothing has ended.')]
      : [...table(shown, options), ...(hidden > 0 ? [c.dim(`${hidden} more run`)] : [])];
  return [...head, ...body, ...foot].slice(0, rows).map((line) => fit(line, columns));
}

function headLine(
  { paused, connected, runners, counts }: QueuePicture,
  { title, colors: c, rate }: PageOptions,
): string {
  const left = (counts?.pending ?? 0) + (counts?.in_progress ?? 0);
  const facts = [
    connected ? '' : c.red('disconnected; waiting for the service'),
    paused ? c.yellow('paused') : '',
    runners.size === 0 ? c.yellow('no runner') : count(runners.size, 'runner'),
    rate === null ? '' : rateText(rate),
    rate === null || left === 0 ? '' : `${duration(left / rate)} left`,
  ];
  return [c.bold(oneLine(title)), ...facts].filter(Boolean).join('   ');
}

const countLines = ({ counts }: QueuePicture, { colors, columns }: PageOptions): string[] =>
  counts === null
    ? []
    : [statusBar(counts, Math.min(columns - 1, STATUS_BAR_MAX), colors), statusCounts(counts, colors)];

function table(rows: readonly RowOfQueue[], { colors: c, columns, now }: PageOptions): string[] {
  return tableLines(
    [
      { head: 'item', cell: ({ item_id }) => String(item_id), align: 'right' },
      { head: 'status', cell: ({ status }) => paintStatus(c, status) },
      { head: 'node', cell: (row) => (row.status === 'in_progress' ? oneLine(row.type) : ''), least: 12 },
      { head: 'progress', cell: (row) => progressOf(row) },
      { head: 'device', cell: ({ device }) => oneLine(device ?? ''), least: 4 },
      {
        head: 'from',
        cell: (row) => (row.user_id === REDACTED ? c.dim("someone else's") : oneLine(row.origin ?? '')),
        least: 6,
      },
      { head: 'time', cell: (row) => timeOf(row, now), align: 'right' },
      {
        head: '',
        cell: ({ note, status }) => (status === 'failed' ? c.red(oneLine(note)) : c.dim(oneLine(note))),
        least: 10,
      },
    ],
    rows,
    { width: columns, head: c.dim },
  );
}

const progressOf = ({ status, percentage }: RowOfQueue): string =>
  status === 'in_progress' && percentage !== null
    ? `${bar(percentage, PROGRESS_BAR)} ${percent(percentage).padStart(4)}`
    : '';

function timeOf({ started_at, completed_at }: RowOfQueue, now: number): string {
  if (started_at === null) return '';
  const end = completed_at === null ? now : Date.parse(completed_at);
  return duration(Math.max(0, end - Date.parse(started_at)) / 1_000);
}
