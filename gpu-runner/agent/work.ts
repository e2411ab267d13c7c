/**
 * The agent's middle: what it holds, who works on it, and what is said about it. Everything that happens (a grant, a
 * device's message, an answer, an order, a death) comes in as a call, changes the holdings and the outbox, and goes out
 * as messages to devices. It never waits.
 */
import type { CallbackKind } from '../../contract/runner/callbacks.ts';
import type { ClaimResult } from '../../contract/runner/claim.ts';
import type { HeldLease } from '../../contract/runner/heartbeat.ts';
import { type EntryBody, entryJson, leaseOf } from '../device/entry.ts';
import { type FromDevice, isLast } from '../device/messages.ts';
import { BatchGraphs } from './batch-graphs.ts';
import { type BufferState, nextPace } from './buffer.ts';
import type { Clock } from './clock.ts';
import { lastEntry } from './crash.ts';
import { CrashCounts } from './crash-counts.ts';
import { type DevicePort, Feeder } from './feeder.ts';
import { type Held, Holdings } from './holdings.ts';
import type { Log } from './log.ts';
import { Outbox, type Outcome } from './outbox.ts';

/** After so long a device that was told to stop is killed: some node neither ends nor asks. */
export const HARD_CANCEL_MS = 5_000;

export interface WorkParts {
  clock: Clock;
  log: Log;
  hardCancelMs?: number;
}

type DeviceEntry = Extract<FromDevice, { kind: 'entry' }>;

/** Why a device's process ended. */
export interface LossCause {
  /** The agent itself ended it. */
  deliberate: boolean;
  reason: string;
}

export class Work {
  readonly outbox = new Outbox();
  readonly #holdings = new Holdings();
  readonly #graphs = new BatchGraphs();
  readonly #feeder = new Feeder(this.#holdings, this.#graphs);
  readonly #crashes = new CrashCounts();
  readonly #parts: WorkParts;
  readonly #waiters = new Set<() => void>();
  #pace: number | null = null;
  #draining = false;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  // What others ask.

  get batchIds(): string[] {
    return this.#graphs.ids;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get bufferState(): Pick<BufferState, 'devices' | 'pace' | 'unfinished' | 'held'> {
    const { unfinished, held } = this.#holdings;
    return { devices: this.#draining ? 0 : this.#feeder.devices, pace: this.#pace, unfinished, held };
  }

  /** What a heartbeat names. */
  leases(): { item_id: number; fence: number }[] {
    return this.#holdings.leases().map(({ item_id, fence }) => ({ item_id, fence }));
  }

  /** Nothing is being worked on. */
  get isIdle(): boolean {
    return this.#holdings.unfinished === 0;
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
    const inUse = new Set(this.#holdings.all().map((held) => held.batch_id));
    const batchIds = new Set(grants.map((grant) => grant.batch_id));
    this.#feeder.forget(this.#graphs.took(batches, batchIds, new Set([...inUse, ...batchIds])));
    for (const grant of grants) {
      const older = this.#holdings.item(grant.item_id);
      if (older?.fence === grant.fence) continue;
      if (older) this.#lost(older);
      this.#feeder.add(this.#holdings.add(grant));
    }
    if (this.#draining) this.#giveBack('drained');
    this.#feed();
    this.changed();
  }

  deviceReady(device: number, port: DevicePort): void {
    this.#feeder.ready(device, port);
    this.#feed();
    this.changed();
  }

  /**
   * A device's process ended; `suspect` is the ticket that it worked on. What had not started waits for the next one.
   */
  deviceLost(device: number, suspect: number | null, cause: LossCause): void {
    this.#feeder.lost(device);
    const waiting: Held[] = [];
    for (const held of this.#holdings.onDevice(device)) {
      if (held.work === 'running' || held.ticket === suspect) this.#ended(held, suspect, cause);
      else if (held.canceled || held.lease === 'closed') this.#end(held, { kind: 'session_stopped' });
      else if (this.#holdings.work(held, 'unfeed')) waiting.push(held);
    }
    this.#feeder.putBack(waiting);
    if (this.#draining) this.#giveBack('drained');
    this.#feed();
    this.changed();
  }

  #ended(held: Held, suspect: number | null, cause: LossCause): void {
    // Its last entries died with the process: it ran well, and only runs again.
    const charged = held.ticket === suspect && !cause.deliberate;
    const count = charged ? this.#crashes.charge(held.item_id, held.results) : { crashes: 0, results: 0 };
    const { log } = this.#parts;
    if (!cause.deliberate)
      log.warn({ item_id: held.item_id, crashes: count.crashes }, `its device died: ${cause.reason}`);
    this.#end(held, lastEntry(held, cause, count));
  }

  #feed(): void {
    this.#feeder.feed(this.#pace);
  }

  // What a device says. Messages come by the hundred: who passes them on calls `changed` after the last.

  entry({ ticket, entry, json, seconds }: DeviceEntry): void {
    const held = this.#holdings.ticket(ticket);
    if (!held) return;
    if (held.lease === 'held') this.#say(held, entry, json);
    if (entry === 'session_started' && this.#holdings.work(held, 'start') && held.canceled) this.#armHardCancel(held);
    if (isLast(entry)) {
      if (seconds !== undefined) this.#pace = nextPace(this.#pace, seconds);
      if (entry !== 'session_released') this.#crashes.forget(held.item_id);
      this.deviceEnded(ticket);
    }
  }

  /** The device has finished with an item that nothing more is said about. */
  deviceEnded(ticket: number): void {
    const held = this.#holdings.ticket(ticket);
    if (!held) return;
    if (this.#holdings.work(held, 'end')) this.#feeder.finished(held);
    this.#feed();
  }

  /** Whether what a device says of this ticket still counts. */
  isHeld(ticket: number): boolean {
    return this.#holdings.ticket(ticket)?.lease === 'held';
  }

  #say(held: Held, kind: CallbackKind, json: string): void {
    if (kind === 'invocation_complete' || kind === 'invocation_error') held.results += 1;
    if (isLast(kind)) this.#holdings.lease(held, 'close');
    this.outbox.append(held.ticket, { kind, json });
  }

  /** The agent itself says an item's last word. */
  #end(held: Held, body: EntryBody): void {
    if (held.lease === 'held') this.#say(held, body.kind, entryJson(leaseOf(held), body));
    if (held.work === 'buffered') this.#feeder.remove(held);
    this.deviceEnded(held.ticket);
  }

  // What the queue answers.

  settled(outcomes: readonly Outcome[]): void {
    for (const { ticket, outcome, detail } of outcomes) {
      const held = this.#holdings.ticket(ticket);
      if (!held) this.outbox.drop(ticket);
      else if (outcome === 'finished') this.#close(held);
      else if (outcome === 'lost') this.#lost(held);
      else if (outcome === 'missing')
        this.#replaceRest(held, { kind: 'session_released', reason: 'results were missing' });
      else this.fail(ticket, `The queue refused a result: ${detail ?? 'it did not say why'}`);
    }
    if (outcomes.length > 0) this.changed();
  }

  /** The item fails by no fault of its nodes: what it still had to say is replaced by that. */
  fail(ticket: number, error_message: string): void {
    const held = this.#holdings.ticket(ticket);
    if (!held || held.lease === 'closed') return;
    this.#parts.log.error({ item_id: held.item_id }, error_message);
    const error = { error_type: 'ProcessorError', error_message };
    this.#replaceRest(held, { kind: 'session_failed', results: 0, error });
    this.changed();
  }

  #replaceRest(held: Held, body: EntryBody): void {
    this.outbox.drop(held.ticket);
    this.#holdings.lease(held, 'close');
    this.outbox.append(held.ticket, { kind: body.kind, json: entryJson(leaseOf(held), body) });
    this.#stopWork(held);
  }

  #close(held: Held): void {
    this.outbox.drop(held.ticket);
    this.#holdings.lease(held, 'settle');
  }

  #lost(held: Held): void {
    this.#parts.log.info({ item_id: held.item_id }, 'the lease is over: what was done under it is discarded');
    this.#close(held);
    this.#stopWork(held);
  }

  /** Nobody wants what a device still does for this item. */
  #stopWork(held: Held): void {
    if (held.work === 'buffered') {
      this.#feeder.remove(held);
      this.#holdings.work(held, 'end');
    } else if (held.work !== 'done') {
      held.canceled = true;
      this.#feeder.post(held, { kind: 'discard', ticket: held.ticket });
      if (held.work === 'running') this.#armHardCancel(held);
    }
  }

  // Orders: of the queue, or of whoever stops this runner.

  /** A user canceled these: the queue has decided, so nothing but the work itself is left to stop. */
  cancel(item_ids: readonly number[]): void {
    for (const held of this.#latest(item_ids)) {
      if (held.lease !== 'held' || held.canceled) continue;
      held.canceled = true;
      if (held.work === 'buffered') this.#end(held, { kind: 'session_stopped' });
      else this.#feeder.post(held, { kind: 'cancel', ticket: held.ticket });
      if (held.work === 'running') this.#armHardCancel(held);
    }
    this.changed();
  }

  recall(item_ids: readonly number[], reason = 'recalled'): void {
    for (const held of this.#latest(item_ids)) {
      if (held.work === 'buffered') this.#end(held, { kind: 'session_released', reason });
      else if (held.work === 'queued') this.#feeder.post(held, { kind: 'recall', ticket: held.ticket, reason });
    }
    this.changed();
  }

  /** The leases of these are over. */
  gone(item_ids: readonly number[]): void {
    for (const held of this.#latest(item_ids)) if (held.lease !== 'closed') this.#lost(held);
    this.changed();
  }

  /** The items of those leases that are still the latest here. */
  ofLeases(leases: readonly HeldLease[]): number[] {
    return leases.flatMap(({ item_id, fence }) => (this.#holdings.item(item_id)?.fence === fence ? item_id : []));
  }

  /** Those of `item_ids` whose lease is still the one that was named: what is said of an older one is old news. */
  stillNamed(item_ids: readonly number[], named: ReadonlyMap<number, number>): number[] {
    return this.#latest(item_ids).flatMap((held) => (named.get(held.item_id) === held.fence ? held.item_id : []));
  }

  /** Claims nothing more and gives back what has not started. */
  drain(): void {
    this.#draining = true;
    this.#giveBack('drained');
    this.changed();
  }

  #giveBack(reason: string): void {
    this.recall(
      this.#holdings.all().map((held) => held.item_id),
      reason,
    );
  }

  #latest(item_ids: readonly number[]): Held[] {
    return item_ids.flatMap((item_id) => this.#holdings.item(item_id) ?? []);
  }

  #armHardCancel(held: Held): void {
    this.#parts.clock.later(this.#parts.hardCancelMs ?? HARD_CANCEL_MS, () => {
      if (held.work === 'running') this.#feeder.kill(held, 'canceled');
    });
  }
}
