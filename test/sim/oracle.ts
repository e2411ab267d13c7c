/** Watches every transaction of the queue: moves the model along, then holds the rows against it. */
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { Status } from '../../contract/queue/status.ts';
import { compareDeadlines } from './invariants/alarm.ts';
import { applyEntries, ownEvents } from './invariants/callbacks.ts';
import { applyAttempt, applyFact } from './invariants/events.ts';
import { applyLeases } from './invariants/leases.ts';
import { compareLog, compareWholeLog } from './invariants/log.ts';
import {
  Charges,
  compareCounters,
  compareEverything,
  compareInvocations,
  compareReports,
  compareRows,
} from './invariants/rows.ts';
import { Service } from './invariants/service.ts';
import type { Step } from './invariants/step.ts';
import { applyOutage, applyPresence } from './invariants/time.ts';
import { compareWakes } from './invariants/wakes.ts';
import { type Item, Model, type Runner } from './model.ts';
import type { Observer, Origin, Transaction } from './object.ts';
import type { SimulatedStorage } from './storage.ts';
import { hold } from './violation.ts';

type QueueRow = Record<Status, number> & { sequence: number; alarm_at: number | null };

export class Oracle implements Observer {
  readonly model = new Model();
  /** When the last call was carried out, by the wall clock. */
  wall = 0;
  readonly #storage: SimulatedStorage;
  readonly #charges = new Charges();
  readonly #service = new Service();
  /** When the alarm was due that the transaction before left. */
  #alarm_at: number | null = null;
  readonly #isConnected: (runner: Runner) => boolean;

  constructor(storage: SimulatedStorage, isConnected: (runner: Runner) => boolean) {
    this.#storage = storage;
    this.#isConnected = isConnected;
  }

  committed(transaction: Transaction): void {
    const { outcome, wall } = transaction;
    if (!outcome.value.ok) {
      this.#unchanged(transaction.origin);
      return;
    }
    this.wall = wall;
    const { model } = this;
    const facts = outcome.log?.body.facts ?? [];
    const step: Step = {
      ...{ model, storage: this.#storage, transaction, now: wall, facts },
      ...{ changed: new Set(), arrived: new Set(), freed: new Set() },
    };
    const queue = this.#queue();
    compareLog(step, queue.sequence);
    const due = this.#alarm_at;
    this.#alarm_at = queue.alarm_at;
    applyOutage(step, due);
    const lost = new Set<Item>();
    const own = ownEvents(step);
    for (const fact of facts.slice(0, own.from)) applyFact(step, fact, lost);
    applyEntries(step);
    for (const fact of facts.slice(own.to)) applyFact(step, fact, lost);
    applyAttempt(step);
    applyLeases(step);
    applyPresence(step);
    compareRows(step, this.#storage.takeItems(), this.#charges);
    compareInvocations(step, this.#storage.takeInvocations());
    compareReports(step, this.#storage.takeReports());
    compareCounters(step, queue);
    this.#service.compare(step, this.#charges);
    // After a clock that went back what is late waits for the alarm.
    if (due === null || due <= wall) compareDeadlines(step);
    compareWakes(step, this.#isConnected);
  }

  undone(origin: Origin): void {
    this.#unchanged(origin);
  }

  configured(settings: QueueSettings): void {
    this.model.settings = settings;
  }

  /** Everything, now and then: what no single step shows. */
  inspect(): void {
    compareEverything(this.model, this.#storage);
    compareWholeLog(this.model, this.#storage);
  }

  #queue(): QueueRow {
    return this.#storage.all<QueueRow>(
      'SELECT sequence, alarm_at, pending, in_progress, waiting, completed, failed, canceled FROM queue',
    )[0]!;
  }

  /** What was refused, or died before its commit. */
  #unchanged(origin: Origin): void {
    const what = origin.kind === 'command' ? origin.name : origin.kind;
    const items = this.#storage.takeItems();
    const recorded = this.#storage.takeInvocations().length + this.#storage.takeReports().length;
    const { sequence } = this.#queue();
    hold(
      'all-or-nothing',
      items.length === 0 && recorded === 0 && sequence === this.model.sequence,
      () => `${what} changed items ${items.join(', ')}, and ${recorded} results and reports; sequence ${sequence}`,
    );
  }
}
