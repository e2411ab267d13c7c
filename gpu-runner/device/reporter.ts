/** What a session says to the agent: entries for the queue, written as JSON, and that it ended. */
import type { Lease } from '../../contract/runner/claim.ts';
import { type EntryBody, entryJson } from './entry.ts';
import type { FromDevice } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import type { Task } from './task.ts';

/** A message a millisecond is cheap; one for every node of a session that does nothing is not. */
const FLUSH_EVERY_MS = 1;

export class Reporter {
  readonly #outgoing: Outgoing<FromDevice>;
  readonly #now: () => number;
  /** Milliseconds that a node of this type took last. */
  readonly #took = new Map<string, number>();
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** `now` is monotonic, in milliseconds. */
  constructor(outgoing: Outgoing<FromDevice>, now: () => number) {
    this.#outgoing = outgoing;
    this.#now = now;
  }

  entry(task: Task, body: EntryBody, seconds?: number): void {
    // What a discarded session says is wanted by nobody.
    if (task.interruption === 'discarded') return;
    const json = entryJson(task.lease, body);
    const { ticket } = task;
    this.#outgoing.post({
      kind: 'entry',
      ticket,
      entry: body.kind,
      json,
      ...(seconds === undefined ? {} : { seconds }),
    });
  }

  ended(task: Task): void {
    this.#outgoing.post({ kind: 'ended', ticket: task.ticket });
  }

  log(level: 'info' | 'warn' | 'error', message: string, lease?: Lease, invocation_id?: string): void {
    this.#outgoing.post({
      kind: 'log',
      level,
      message,
      ...(lease ? { item_id: lease.item_id } : {}),
      ...(invocation_id === undefined ? {} : { invocation_id }),
    });
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
