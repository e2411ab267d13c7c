/**
 * What the agent holds: every granted item, from the grant until both sides are done with it. The two sides move
 * independently, because a device may still work on an item whose lease is over, and a lease may wait for its last
 * entry to be answered long after the device has gone on. @pure
 */
import type { Grant } from '../../contract/runner/claim.ts';

/** `closing`: the last entry is written and not yet answered. `closed`: nothing more is said under this lease. */
const LEASE = {
  close: { held: 'closing' },
  settle: { held: 'closed', closing: 'closed' },
} as const satisfies Record<string, Partial<Record<LeaseState, LeaseState>>>;

/** `buffered` items wait in the agent, where giving them back needs nobody; `queued` ones wait on a device. */
const WORK = {
  feed: { buffered: 'queued' },
  unfeed: { queued: 'buffered' },
  start: { queued: 'running' },
  end: { buffered: 'done', queued: 'done', running: 'done' },
} as const satisfies Record<string, Partial<Record<WorkState, WorkState>>>;

export type LeaseState = 'held' | 'closing' | 'closed';
export type WorkState = 'buffered' | 'queued' | 'running' | 'done';

export interface Held {
  readonly ticket: number;
  readonly grant: Grant;
  readonly item_id: number;
  readonly fence: number;
  readonly token: string;
  readonly batch_id: string;
  lease: LeaseState;
  work: WorkState;
  /** Which device works on it, once one was told to. */
  device: number | null;
  /** Invocations recorded before this lease, and those whose entries were written under it. */
  results: number;
  /** The queue is told that it runs. */
  started: boolean;
  canceled: boolean;
}

export class Holdings {
  readonly #byTicket = new Map<number, Held>();
  readonly #byItem = new Map<number, Held>();
  #tickets = 0;
  #unfinished = 0;
  #leases = 0;

  /** A new grant. An older one of the same item is stale by that very fact; the caller drops it first. */
  add(grant: Grant): Held {
    const { item_id, fence, token, batch_id } = grant;
    const held: Held = {
      ...{ ticket: ++this.#tickets, grant, item_id, fence, token, batch_id },
      lease: 'held',
      work: 'buffered',
      device: null,
      results: grant.results.length,
      started: false,
      canceled: false,
    };
    this.#byTicket.set(held.ticket, held);
    this.#byItem.set(item_id, held);
    this.#unfinished += 1;
    this.#leases += 1;
    return held;
  }

  /** Moves the device's side; false when the table has no such move, and then nothing changes. */
  work(held: Held, move: keyof typeof WORK): boolean {
    const next = (WORK[move] as Partial<Record<WorkState, WorkState>>)[held.work];
    if (!next) return false;
    held.work = next;
    if (next === 'done') this.#unfinished -= 1;
    this.#forgetIfOver(held);
    return true;
  }

  /** Moves the lease's side, likewise. */
  lease(held: Held, move: keyof typeof LEASE): boolean {
    const next = (LEASE[move] as Partial<Record<LeaseState, LeaseState>>)[held.lease];
    if (!next) return false;
    held.lease = next;
    if (next === 'closed') this.#leases -= 1;
    this.#forgetIfOver(held);
    return true;
  }

  #forgetIfOver(held: Held): void {
    if (held.work !== 'done' || held.lease !== 'closed') return;
    this.#byTicket.delete(held.ticket);
    if (this.#byItem.get(held.item_id) === held) this.#byItem.delete(held.item_id);
  }

  ticket(ticket: number): Held | undefined {
    return this.#byTicket.get(ticket);
  }

  /** The latest grant of an item. */
  item(item_id: number): Held | undefined {
    return this.#byItem.get(item_id);
  }

  all(): Held[] {
    return [...this.#byTicket.values()];
  }

  /** What a heartbeat names. */
  leases(): Held[] {
    return this.all().filter((held) => held.lease !== 'closed');
  }

  /** What a device was told to work on and has not finished. */
  onDevice(device: number): Held[] {
    return this.all().filter((held) => held.device === device && (held.work === 'queued' || held.work === 'running'));
  }

  /** Items that no device has finished. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Leases that have not ended. */
  get held(): number {
    return this.#leases;
  }
}
