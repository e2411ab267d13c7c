/** How a batch comes along, as lines of a terminal. @pure */
import type pc from 'picocolors';
import type { BatchTally, RunningSession } from '../../client/run/batch-tally.ts';
import { oneLine, pad } from '../output/text.ts';
import { duration } from '../output/times.ts';
import { bar, percent } from './bar.ts';
import { rateText } from './rate.ts';

type Colors = ReturnType<typeof pc.createColors>;

const BAR = 28;
const SESSION_BAR = 12;
const TYPE_MIN = 16;

export interface BatchPicture {
  tally: Pick<BatchTally, 'total' | 'counts' | 'running' | 'ended'>;
  /** Items a second; null when it is not known yet. */
  rate: number | null;
  /** For so many seconds the service has not answered; null when it does. */
  disconnected: number | null;
}

/** The batch as one line of text, as a log has it. */
export function batchText({ tally, rate }: Pick<BatchPicture, 'tally' | 'rate'>): string {
  const { ended, total, counts } = tally;
  const left = total - ended.size;
  const facts = [
    counts.failed > 0 ? `${counts.failed} failed` : '',
    counts.canceled > 0 ? `${counts.canceled} canceled` : '',
    rate === null || total < 2 ? '' : rateText(rate),
    rate === null || left === 0 ? '' : `${duration(left / rate)} left`,
  ];
  return `${ended.size}/${total}  ${facts.filter(Boolean).join(', ')}`.trimEnd();
}

/** At most `rows` lines: the whole batch first, then each session that runs. */
export function batchLines(picture: BatchPicture, rows: number, colors: Colors): string[] {
  const { tally, disconnected } = picture;
  const done = tally.total === 0 ? 0 : tally.ended.size / tally.total;
  const paint = tally.counts.failed > 0 ? colors.red : colors.green;
  const head = ` ${paint(bar(done, BAR))} ${batchText(picture)}`;
  const warning =
    disconnected === null
      ? []
      : [colors.yellow(` the connection is lost for ${duration(disconnected)}; it is waited for`)];
  return [head, ...warning, ...sessionLines([...tally.running.values()], rows - 1 - warning.length, colors)];
}

export function sessionLines(sessions: readonly RunningSession[], rows: number, colors: Colors): string[] {
  if (rows < 1) return [];
  const shown = sessions.length > rows ? sessions.slice(0, rows - 1) : sessions;
  const ids = Math.max(0, ...shown.map(({ item_id }) => String(item_id).length));
  const types = Math.max(TYPE_MIN, ...shown.map(({ type }) => type.length));
  const lines = shown.map(({ item_id, type, message, percentage, device }) => {
    const part =
      percentage === null
        ? ' '.repeat(SESSION_BAR + 5)
        : `${bar(percentage, SESSION_BAR)} ${pad(percent(percentage), 4, 'right')}`;
    return ` item ${pad(String(item_id), ids)}  ${pad(type, types)}  ${colors.cyan(part)}  ${colors.dim(oneLine(`${device ?? ''} ${message}`))}`.trimEnd();
  });
  const others = sessions.length - shown.length;
  return others > 0 ? [...lines, colors.dim(` … and ${others} more`)] : lines;
}
