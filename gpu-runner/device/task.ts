/** One granted item on the device. */
import type { Grant, Lease } from '../../contract/runner/claim.ts';
import { leaseOf } from './entry.ts';

/** Why a session ends before its graph does. The flag belongs to one item and is set once (D8). */
export type Interruption = 'canceled' | 'discarded';

export class Task {
  readonly ticket: number;
  readonly grant: Grant;
  readonly lease: Lease;
  interruption: Interruption | null = null;

  constructor(ticket: number, grant: Grant) {
    this.ticket = ticket;
    this.grant = grant;
    this.lease = leaseOf(grant);
  }

  isCanceled(): boolean {
    return this.interruption !== null;
  }
}
