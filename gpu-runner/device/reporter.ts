/** What a session says to the agent: entries for the queue, written as JSON, and that it ended. */
import { LOG_MESSAGE_LENGTH_MAX } from '../../contract/limits.ts';
import { type EntryBody, entryJson } from './entry.ts';
import { processorError } from './item-error.ts';
import type { FromDevice } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import type { Task } from './task.ts';

/** A message a millisecond is cheap; one for every node of a session that does nothing is not. */
const FLUSH_EVERY_MS = 1;

export type LogLevel = 'info' | 'warn' | 'error';

/** JSON of the statistics of a run, asked for once, with its last entry; undefined: there are none. */
export type TakeStats = (task: Task) => string | undefined;

/** A node that logs in a loop is not worth a message to the agent for each line. */
const LINES_AT_ONCE = 1_000;

const NOTHING = {};

/** Nobody keeps more of a line, and what is sent must be small. */
const cut = (message: string): string =>
  message.length > LOG_MESSAGE_LENGTH_MAX ? `${message.slice(0, LOG_MESSAGE_LENGTH_MAX - 1)}…` : message;

export class Reporter {
  readonly #outgoing: Outgoing<FromDevice>;
  readonly #now: () => number;
  readonly #takeStats: TakeStats;
  /** Milliseconds that a node of this type took last. */
  readonly #took = new Map<string, number>();
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** `now` is monotonic, in milliseconds. */
  constructor(outgoing: Outgoing<FromDevice>, now: () => number, takeStats: TakeStats = () => undefined) {
    this.#outgoing = outgoing;
    this.#now = now;
    this.#takeStats = takeStats;
  }

  entry(task: Task, body: EntryBody, last: { seconds?: number; stats?: string } = NOTHING): void {
    // What a discarded session says is wanted by nobody.
    if (task.interruption === 'discarded') return;
    const json = entryJson(task.lease, body);
    task.said(body.kind);
    const { ticket } = task;
    this.#outgoing.post({ kind: 'entry', ticket, entry: body.kind, json, ...last });
  }

  /** The last entry of a session that has started, with the statistics of its run; nothing when it is over. */
  last(task: Task, body: EntryBody, seconds?: number): void {
    if (task.isOver) return;
    if (task.interruption === 'discarded') {
      this.ended(task);
      return;
    }
    const stats = this.#statsOf(task);
    const last = { ...(seconds === undefined ? {} : { seconds }), ...(stats === undefined ? {} : { stats }) };
    this.entry(task, task.interruption === 'canceled' ? { kind: 'session_stopped' } : body, last);
  }

  /** What goes wrong with them must not keep the item from ending. */
  #statsOf(task: Task): string | undefined {
    try {
      return this.#takeStats(task);
    } catch (thrown) {
      this.log('error', `there are no statistics of a run: ${processorError(thrown).error_message}`, task);
      return undefined;
    }
  }

  /** The last of a session that is discarded. */
  ended(task: Task): void {
    task.drop();
    this.#outgoing.post({ kind: 'ended', ticket: task.ticket });
  }

  /** What is about a session goes out at once, so that it survives what the session may do next. */
  log(level: LogLevel, message: string, task?: Task, invocation_id?: string): void {
    const item = task ? { ticket: task.ticket, item_id: task.grant.item_id } : {};
    const about = invocation_id === undefined ? {} : { invocation_id };
    this.#outgoing.post({ kind: 'log', level, message: cut(message), ...item, ...about });
    if (task && ++task.meter.log_lines <= LINES_AT_ONCE) this.#outgoing.flush();
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
