/**
 * The agent's middle: what it holds, who works on it, and what is said about it. Everything that happens (a grant, a
 * device's message, an answer, an order, a death) comes in as a call, changes the holdings and the outbox, and goes out
 * as messages to devices. It never waits.
 */
import type { LogLine } from '../../contract/queue/statistics.ts';
import type { ClaimResult, Grant } from '../../contract/runner/claim.ts';
import type { HeldLease } from '../../contract/runner/heartbeat.ts';
import type { FlightRecord } from '../device/flight-recorder.ts';
import { type FromDevice, isLast } from '../device/messages.ts';
import { modelNeeds } from '../model-needs.ts';
import { type BufferState, nextPace } from './buffer.ts';
import type { Clock } from './clock.ts';
import type { LossCause } from './crash.ts';
import { DeviceLosses } from './device-losses.ts';
import type { DevicePort } from './feeder.ts';
import type { Held } from './holdings.ts';
import { Items } from './items.ts';
import type { Log } from './log.ts';
import type { Outbox, Outcome } from './outbox.ts';
import type { Overdue } from './run-times.ts';
import type { SessionSpans } from './session-spans.ts';

export interface WorkParts {
  clock: Clock;
  log: Log;
  hardCancelMs?: number;
  /** Sessions that a device runs at a time. */
  sessions?: number;
  spans?: SessionSpans | null;
}

type DeviceEntry = Extract<FromDevice, { kind: 'entry' }>;

export class Work {
  readonly #items: Items;
  readonly #losses: DeviceLosses;
  readonly #waiters = new Set<() => void>();
  #draining = false;

  constructor(parts: WorkParts) {
    this.#items = new Items({ ...parts, runsAlone: (held) => this.#losses.isSuspect(held) });
    this.#losses = new DeviceLosses({ ...parts, items: this.#items });
  }

  // What others ask.

  get outbox(): Outbox {
    return this.#items.outbox;
  }

  get batchIds(): string[] {
    return this.#items.graphs.ids;
  }

  /** Whether an item that is held and not done names the model. */
  needsModel(hash: string): boolean {
    const needs = ({ batch_id }: Held) => modelNeeds(this.#items.graphs.get(batch_id)).has(hash);
    return this.#items.holdings.all().some((held) => held.work !== 'done' && needs(held));
  }

  get draining(): boolean {
    return this.#draining;
  }

  get bufferState(): Pick<BufferState, 'slots' | 'pace' | 'unfinished' | 'held'> {
    const { unfinished, held } = this.#items.holdings;
    return { slots: this.#draining ? 0 : this.#items.feeder.slots, pace: this.#items.pace, unfinished, held };
  }

  /** What a heartbeat names. */
  leases(): { item_id: number; fence: number }[] {
    return this.#items.holdings.leases().map(({ item_id, fence }) => ({ item_id, fence }));
  }

  /** Nothing is being worked on. */
  get isIdle(): boolean {
    return this.#items.holdings.unfinished === 0;
  }

  /** Every entry is answered. */
  get isSettled(): boolean {
    return this.isIdle && this.outbox.isEmpty;
  }

  /** Calls back after every change; the returned function ends that. */
  onChange(callback: () => void): () => void {
    this.#waiters.add(callback);
    return () => this.#waiters.delete(callback);
  }

  changed(): void {
    for (const callback of this.#waiters) callback();
  }

  // Grants and devices.

  granted({ grants, batches }: ClaimResult): void {
    const inUse = new Set(this.#items.holdings.all().map((held) => held.batch_id));
    const batchIds = new Set(grants.map((grant) => grant.batch_id));
    this.#items.feeder.forget(this.#items.graphs.took(batches, batchIds, new Set([...inUse, ...batchIds])));
    for (const grant of grants) {
      const older = this.#items.holdings.item(grant.item_id);
      if (older?.fence === grant.fence) continue;
      if (older) this.#items.lost(older);
      this.#items.feeder.add(this.#items.holdings.add(grant));
    }
    if (this.#draining) this.#giveBack('drained');
    this.#items.feed();
    this.changed();
  }

  deviceReady(device: number, port: DevicePort): void {
    this.#items.feeder.ready(device, port);
    this.#items.feed();
    this.changed();
  }

  /** A device's process ended: while it worked on what `record` names, and why. */
  deviceLost(device: number, record: FlightRecord, cause: LossCause): void {
    this.#losses.lost(device, record, cause);
    if (this.#draining) this.#giveBack('drained');
    this.#items.feed();
    this.changed();
  }

  /** What a device works on as its flight recorder has it: a node that blocks it may have kept it from saying so. */
  seen({ running }: FlightRecord): void {
    for (const { ticket } of running) {
      const held = this.#items.holdings.ticket(ticket);
      if (held) this.#items.working(held);
    }
  }

  /** A session, or one of its nodes, takes longer than it may: it fails, and its device stops working on it. */
  timedOut(overdue: Overdue): void {
    const held = this.#items.holdings.ticket(overdue.ticket);
    if (held?.lease !== 'held' || held.canceled) return;
    this.#items.timeOut(held, overdue);
    this.changed();
  }

  // What a device says. Messages come by the hundred: who passes them on calls `changed` after the last.

  entry({ ticket, entry, json, seconds, stats }: DeviceEntry): void {
    const items = this.#items;
    const held = items.holdings.ticket(ticket);
    if (!held) return;
    if (held.lease === 'held') items.say(held, entry, json, stats);
    if (entry === 'session_started') items.working(held);
    if (isLast(entry)) {
      if (seconds !== undefined) items.pace = nextPace(items.pace, seconds);
      if (entry !== 'session_released') this.#losses.forget(held.item_id);
      items.ended(held);
    }
  }

  /** A line of a session's log. */
  note(ticket: number, { level, message, invocation_id }: Omit<LogLine, 'at'>): void {
    const held = this.#items.holdings.ticket(ticket);
    if (held) this.#items.note(held, level, message, invocation_id);
  }

  /** The device has finished with an item that nothing more is said about. */
  deviceEnded(ticket: number): void {
    const held = this.#items.holdings.ticket(ticket);
    if (held) this.#items.ended(held);
  }

  /** The grant of what still counts; null when it does not. */
  grantOf(ticket: number): Grant | null {
    const held = this.#items.holdings.ticket(ticket);
    return held?.lease === 'held' && !held.canceled ? held.grant : null;
  }

  /** Whether what a device says of this ticket still counts. */
  isHeld(ticket: number): boolean {
    return this.#items.holdings.ticket(ticket)?.lease === 'held';
  }

  // What the queue answers.

  settled(outcomes: readonly Outcome[]): void {
    for (const { ticket, outcome, detail } of outcomes) {
      const held = this.#items.holdings.ticket(ticket);
      if (!held) this.outbox.drop(ticket);
      else if (outcome === 'finished') this.#items.close(held);
      else if (outcome === 'lost') this.#items.lost(held);
      else if (outcome === 'missing')
        this.#items.replaceRest(held, { kind: 'session_released', reason: 'results were missing' });
      else this.fail(ticket, `The queue refused a result: ${detail ?? 'it did not say why'}`);
    }
    if (outcomes.length > 0) this.changed();
  }

  /** The item fails by no fault of its nodes. */
  fail(ticket: number, error_message: string): void {
    const held = this.#items.holdings.ticket(ticket);
    if (!held || held.lease === 'closed') return;
    this.#items.fail(held, error_message);
    this.changed();
  }

  // Orders: of the queue, or of whoever stops this runner.

  /** A user canceled these. */
  cancel(item_ids: readonly number[]): void {
    for (const held of this.#items.latest(item_ids)) this.#items.cancel(held);
    this.changed();
  }

  recall(item_ids: readonly number[], reason = 'recalled'): void {
    for (const held of this.#items.latest(item_ids)) this.#items.recall(held, reason);
    this.changed();
  }

  /** The leases of these are over. */
  gone(item_ids: readonly number[]): void {
    for (const held of this.#items.latest(item_ids)) if (held.lease !== 'closed') this.#items.lost(held);
    this.changed();
  }

  /** The items of those leases that are still the latest here. */
  ofLeases(leases: readonly HeldLease[]): number[] {
    return leases.flatMap(({ item_id, fence }) => (this.#items.holdings.item(item_id)?.fence === fence ? item_id : []));
  }

  /** Those of `item_ids` whose lease is still the one that was named: what is said of an older one is old news. */
  stillNamed(item_ids: readonly number[], named: ReadonlyMap<number, number>): number[] {
    return this.#items.latest(item_ids).flatMap((held) => (named.get(held.item_id) === held.fence ? held.item_id : []));
  }

  /** Claims nothing more and gives back what has not started. */
  drain(): void {
    this.#draining = true;
    this.#giveBack('drained');
    this.changed();
  }

  #giveBack(reason: string): void {
    this.recall(
      this.#items.holdings.all().map((held) => held.item_id),
      reason,
    );
  }
}
