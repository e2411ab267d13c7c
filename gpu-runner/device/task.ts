/** One granted item on the device. */
import type { Grant, Lease } from '../../contract/runner/claim.ts';
import { CanceledError } from '../nodes/node.ts';
import { leaseOf } from './entry.ts';

/** Why a session ends before its graph does. The flag belongs to one item and is set once (D8). */
export type Interruption = 'canceled' | 'discarded';

export class Task {
  readonly ticket: number;
  readonly grant: Grant;
  readonly lease: Lease;
  readonly #interrupted = Promise.withResolvers<void>();
  #interruption: Interruption | null = null;

  constructor(ticket: number, grant: Grant) {
    this.ticket = ticket;
    this.grant = grant;
    this.lease = leaseOf(grant);
  }

  get interruption(): Interruption | null {
    return this.#interruption;
  }

  /** What is discarded stays so, whatever a user wants later. */
  interrupt(how: Interruption): void {
    if (this.#interruption !== 'discarded') this.#interruption = how;
    this.#interrupted.resolve();
  }

  isCanceled(): boolean {
    return this.#interruption !== null;
  }

  /** The result of `work`, unless the task is interrupted before: then that is thrown, and `work` goes on unwatched. */
  orCanceled<Result>(work: Promise<Result>): Promise<Result> {
    const canceled = this.#interrupted.promise.then(() => {
      throw new CanceledError('the item was canceled');
    });
    return Promise.race([work, canceled]);
  }
}
