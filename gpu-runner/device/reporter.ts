/** What a session says to the agent: entries for the queue, written as JSON, and that it ended. */
import type { RunReport } from '../../contract/queue/statistics.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { type EntryBody, entryJson } from './entry.ts';
import { processorError } from './item-error.ts';
import type { FromDevice } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import type { Task } from './task.ts';

/** A message a millisecond is cheap; one for every node of a session that does nothing is not. */
const FLUSH_EVERY_MS = 1;

export type LogLevel = 'info' | 'warn' | 'error';

/** Who gathers what is reported of a run beside its results. */
export interface RunReports {
  /** A session says something. */
  line(event: { item: Grant; level: LogLevel; message: string; invocation_id?: string }): void;
  /** Asked for right before the run's last entry, after all of its after_session hooks; null: there is nothing. */
  report(event: { item: Grant }): RunReport | null;
}

export class Reporter {
  readonly #outgoing: Outgoing<FromDevice>;
  readonly #now: () => number;
  readonly #reports: RunReports | undefined;
  /** Milliseconds that a node of this type took last. */
  readonly #took = new Map<string, number>();
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** `now` is monotonic, in milliseconds. */
  constructor(outgoing: Outgoing<FromDevice>, now: () => number, reports?: RunReports) {
    this.#outgoing = outgoing;
    this.#now = now;
    this.#reports = reports;
  }

  entry(task: Task, body: EntryBody, seconds?: number): void {
    // What a discarded session says is wanted by nobody.
    if (task.interruption === 'discarded') return;
    const json = entryJson(task.lease, body);
    task.said(body.kind);
    const { ticket } = task;
    this.#outgoing.post({
      kind: 'entry',
      ticket,
      entry: body.kind,
      json,
      ...(seconds === undefined ? {} : { seconds }),
    });
  }

  /** The last entry of a session that has started, with the report of its run before it; nothing when it is over. */
  last(task: Task, body: EntryBody, seconds?: number): void {
    if (task.isOver) return;
    if (task.interruption === 'discarded') {
      this.ended(task);
      return;
    }
    const report = this.#reportOf(task);
    if (report) this.entry(task, { kind: 'session_report', report });
    this.entry(task, task.interruption === 'canceled' ? { kind: 'session_stopped' } : body, seconds);
  }

  /** What goes wrong with it must not keep the item from ending. */
  #reportOf(task: Task): RunReport | null {
    try {
      return this.#reports?.report({ item: task.grant }) ?? null;
    } catch (thrown) {
      this.log('error', `there is no report of a run: ${processorError(thrown).error_message}`, task);
      return null;
    }
  }

  /** The last of a session that is discarded. */
  ended(task: Task): void {
    task.drop();
    this.#outgoing.post({ kind: 'ended', ticket: task.ticket });
  }

  log(level: LogLevel, message: string, task?: Task, invocation_id?: string): void {
    const about = invocation_id === undefined ? {} : { invocation_id };
    if (task) this.#reports?.line({ item: task.grant, level, message, ...about });
    const item = task ? { item_id: task.grant.item_id } : {};
    this.#outgoing.post({ kind: 'log', level, message, ...item, ...about });
  }

  /**
   * Before a node runs: an inference blocks the event loop, so what was said goes out first, unless nodes of this type
   * are over so soon that nobody could tell.
   */
  beforeNode(type: string): void {
    const now = this.#now();
    const took = this.#took.get(type) ?? Number.POSITIVE_INFINITY;
    if (took < FLUSH_EVERY_MS && now - this.#flushedAt < FLUSH_EVERY_MS) return;
    this.#flushedAt = now;
    this.#outgoing.flush();
  }

  afterNode(type: string, milliseconds: number): void {
    this.#took.set(type, milliseconds);
  }
}
