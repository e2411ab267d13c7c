/**
 * What is said of an item to the queue, and done about it on its device: the moves that everything else in the agent is
 * made of. Nothing here waits.
 */
import type { LogLine } from '../../contract/queue/statistics.ts';
import type { CallbackKind } from '../../contract/runner/callbacks.ts';
import { type EntryBody, entryJson, leaseOf } from '../device/entry.ts';
import { isLast } from '../device/messages.ts';
import { BatchGraphs } from './batch-graphs.ts';
import type { Clock } from './clock.ts';
import { Feeder } from './feeder.ts';
import { type Held, Holdings } from './holdings.ts';
import { failure } from './last-words.ts';
import type { Log } from './log.ts';
import { Outbox } from './outbox.ts';
import { RunLog, sessionReport } from './run-log.ts';
import { type Overdue, overdueError } from './run-times.ts';
import type { SessionSpans } from './session-spans.ts';

/** After so long a device that was told to stop is killed: some node neither ends nor asks. */
export const HARD_CANCEL_MS = 5_000;

export interface ItemsParts {
  clock: Clock;
  log: Log;
  hardCancelMs?: number;
  /** Sessions that a device runs at a time. */
  sessions?: number;
  /** Whether the item must have its device for itself. */
  runsAlone: (held: Held) => boolean;
  /** Told of all that is said, where that is traced. */
  spans?: Pick<SessionSpans, 'entry' | 'lost'> | null;
}

export class Items {
  readonly outbox = new Outbox();
  readonly holdings = new Holdings();
  readonly graphs = new BatchGraphs();
  readonly feeder: Feeder;
  /** Seconds of a session, recent ones counting most; null until one has run. */
  pace: number | null = null;
  readonly #parts: ItemsParts;
  readonly #logs = new WeakMap<Held, RunLog>();

  constructor(parts: ItemsParts) {
    this.#parts = parts;
    const { holdings, graphs } = this;
    this.feeder = new Feeder({ holdings, graphs, sessions: parts.sessions ?? 1, runsAlone: parts.runsAlone });
  }

  feed(): void {
    this.feeder.feed(this.pace);
  }

  latest(item_ids: readonly number[]): Held[] {
    return item_ids.flatMap((item_id) => this.holdings.item(item_id) ?? []);
  }

  /** A line for the log of the session, which is reported when its run ends. */
  note(held: Held, level: LogLine['level'], message: string, invocation_id?: string): void {
    const log = this.#logs.get(held) ?? new RunLog();
    this.#logs.set(held, log);
    log.add(this.#parts.clock.now(), { level, message, invocation_id });
  }

  /** Passes an entry on; before the last one of a lease goes what is known of the run, and after it nothing. */
  say(held: Held, kind: CallbackKind, json: string, stats?: string): void {
    if (isLast(kind)) this.#report(held, stats);
    if (kind === 'session_started') held.started = true;
    if (kind === 'invocation_complete' || kind === 'invocation_error') held.results += 1;
    if (isLast(kind)) this.holdings.lease(held, 'close');
    this.#append(held, kind, json);
  }

  #report(held: Held, stats?: string): void {
    const report = sessionReport(held, stats, this.#logs.get(held));
    if (report !== null) this.#append(held, 'session_report', report);
  }

  /** The device works on it, whether it has said so already or not. */
  working(held: Held): void {
    if (this.holdings.work(held, 'start') && held.canceled) this.armHardCancel(held);
  }

  /** No device works on it any more. */
  ended(held: Held): void {
    if (this.holdings.work(held, 'end')) this.feeder.finished(held);
    this.feed();
  }

  /** The agent itself says an item's last words, and no device has to do with it any more. */
  end(held: Held, ...bodies: readonly EntryBody[]): void {
    this.#write(held, bodies);
    if (held.work === 'buffered') this.feeder.remove(held);
    this.ended(held);
  }

  /** The agent says the last words of what a device still works on, after all that was said, and stops it there. */
  timeOut(held: Held, overdue: Overdue): void {
    const { clock, log } = this.#parts;
    const error = overdueError(overdue);
    const { node } = overdue;
    log.warn({ item_id: held.item_id }, error.error_message);
    this.note(held, 'error', error.error_message, node?.invocation_id);
    const device = this.feeder.nameOf(held.device);
    this.#write(held, failure(held, { node, error, device, now: clock.now() }));
    this.stop(held);
  }

  #write(held: Held, bodies: readonly EntryBody[]): void {
    for (const body of bodies) if (held.lease === 'held') this.say(held, body.kind, entryJson(leaseOf(held), body));
  }

  /** The item fails by no fault of its nodes: what it still had to say is replaced by that. */
  fail(held: Held, error_message: string): void {
    this.#parts.log.error({ item_id: held.item_id }, error_message);
    this.note(held, 'error', error_message);
    const error = { error_type: 'ProcessorError', error_message };
    this.replaceRest(held, { kind: 'session_failed', results: 0, error });
  }

  replaceRest(held: Held, body: EntryBody): void {
    this.outbox.drop(held.ticket);
    this.holdings.lease(held, 'close');
    this.#report(held);
    this.#append(held, body.kind, entryJson(leaseOf(held), body));
    this.stop(held);
  }

  #append(held: Held, kind: CallbackKind, json: string): void {
    this.outbox.append(held.ticket, { kind, json });
    this.#parts.spans?.entry(held, kind, json, this.graphs.get(held.batch_id));
  }

  /** Nothing more is said or answered under this lease. */
  close(held: Held): void {
    this.outbox.drop(held.ticket);
    this.holdings.lease(held, 'settle');
  }

  lost(held: Held): void {
    this.#parts.log.info({ item_id: held.item_id }, 'the lease is over: what was done under it is discarded');
    this.#parts.spans?.lost(held);
    this.close(held);
    this.stop(held);
  }

  /** Nobody wants what a device still does for this item. */
  stop(held: Held): void {
    if (held.work === 'buffered') {
      this.feeder.remove(held);
      this.ended(held);
    } else if (held.work !== 'done') {
      held.canceled = true;
      this.feeder.post(held, { kind: 'discard', ticket: held.ticket });
      if (held.work === 'running') this.armHardCancel(held);
    }
  }

  /** A user canceled it: the queue has decided, so nothing but the work itself is left to stop. */
  cancel(held: Held): void {
    if (held.lease !== 'held' || held.canceled) return;
    held.canceled = true;
    if (held.work === 'buffered') this.end(held, { kind: 'session_stopped' });
    else this.feeder.post(held, { kind: 'cancel', ticket: held.ticket });
    if (held.work === 'running') this.armHardCancel(held);
  }

  /** Gives it back, unless it has started. */
  recall(held: Held, reason: string): void {
    if (held.work === 'buffered') this.end(held, { kind: 'session_released', reason });
    else if (held.work === 'queued') this.feeder.post(held, { kind: 'recall', ticket: held.ticket, reason });
  }

  armHardCancel(held: Held): void {
    this.#parts.clock.later(this.#parts.hardCancelMs ?? HARD_CANCEL_MS, () => {
      if (held.work === 'running') this.feeder.kill(held, 'a session did not stop');
    });
  }
}
