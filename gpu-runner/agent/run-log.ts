/**
 * What the session report of a run is made of: the lines that its nodes and this runner wrote, which wait here so that
 * they outlive the device, and the statistics that the device gives with its last entry. @pure
 */
import { LOG_MESSAGE_LENGTH_MAX, SESSION_LOG_LINES_MAX } from '../../contract/limits.ts';
import { timestamp } from '../../contract/names.ts';
import type { LogLine, RunReport } from '../../contract/queue/statistics.ts';
import type { Lease } from '../../contract/runner/claim.ts';
import { leaseOf } from '../device/entry.ts';

const HEAD_LINES = SESSION_LOG_LINES_MAX / 2;
const TAIL_LINES = SESSION_LOG_LINES_MAX - HEAD_LINES;

interface NewLine {
  level: LogLine['level'];
  message: string;
  invocation_id?: string | undefined;
}

export class RunLog {
  readonly #head: LogLine[] = [];
  /** The last lines, as a ring: the oldest stands at `#dropped` modulo its length once it is full. */
  readonly #tail: LogLine[] = [];
  #dropped = 0;

  /** `at` in milliseconds since 1970. */
  add(at: number, { level, message, invocation_id }: NewLine): void {
    const line: LogLine = {
      at: timestamp(at),
      level,
      message: message.length > LOG_MESSAGE_LENGTH_MAX ? `${message.slice(0, LOG_MESSAGE_LENGTH_MAX - 1)}…` : message,
      ...(invocation_id === undefined ? {} : { invocation_id }),
    };
    if (this.#head.length < HEAD_LINES) this.#head.push(line);
    else if (this.#tail.length < TAIL_LINES) this.#tail.push(line);
    else this.#tail[this.#dropped++ % TAIL_LINES] = line;
  }

  get report(): Pick<RunReport, 'log' | 'log_lines_dropped'> {
    const oldest = this.#dropped % TAIL_LINES;
    const log = [...this.#head, ...this.#tail.slice(oldest), ...this.#tail.slice(0, oldest)];
    return { log, ...(this.#dropped > 0 ? { log_lines_dropped: this.#dropped } : {}) };
  }
}

/** The entry as it goes on the wire; `stats` is JSON already. null when there is nothing to report. */
export function sessionReport(lease: Lease, stats: string | undefined, log: RunLog | undefined): string | null {
  if (stats === undefined && !log) return null;
  const head = JSON.stringify({ ...leaseOf(lease), kind: 'session_report' }).slice(0, -1);
  const parts = [
    ...(stats === undefined ? [] : [`"stats":${stats}`]),
    ...(log ? [JSON.stringify(log.report).slice(1, -1)] : []),
  ];
  return `${head},"report":{${parts.join()}}}`;
}
