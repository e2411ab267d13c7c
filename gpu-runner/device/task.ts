/**
 * One granted item on the device, kept equal to the queue's: its status and its number of results are what was said of
 * it, by the queue or to it, and never guessed from what else happens here.
 */
import { nextStatus, type Status, type Transition } from '../../contract/queue/status.ts';
import type { CallbackKind } from '../../contract/runner/callbacks.ts';
import type { Grant, Lease } from '../../contract/runner/claim.ts';
import { CanceledError } from '../nodes/node.ts';
import { leaseOf } from './entry.ts';
import { isLast } from './messages.ts';
import { Meter } from './meter.ts';

/** Why a session ends before its graph does. The flag belongs to one item and is set once (D8). */
export type Interruption = 'canceled' | 'discarded';

/** What an entry does to the item in the queue. A node's error ends it; the session's own entry only follows. */
const MOVES: Partial<Record<CallbackKind, Transition>> = {
  session_started: 'start',
  invocation_error: 'fail',
  session_complete: 'complete',
  session_failed: 'fail',
  session_released: 'requeue',
};

export class Task {
  readonly ticket: number;
  readonly grant: Grant;
  readonly lease: Lease;
  /** Which of the processor's loops runs it; its place in the flight recorder. */
  slot = 0;
  /** What it waits for and moves beside its nodes. */
  readonly meter = new Meter(() => performance.now());
  #status: Status = 'pending';
  #results: number;
  #isStarted = false;
  #isOver = false;
  #interruption: Interruption | null = null;
  readonly #waiting = new Set<(error: CanceledError) => void>();

  constructor(ticket: number, grant: Grant) {
    this.ticket = ticket;
    this.grant = grant;
    this.lease = leaseOf(grant);
    this.#results = grant.results.length;
  }

  get status(): Status {
    return this.#status;
  }

  /** Invocations that are recorded, failed ones included. */
  get results(): number {
    return this.#results;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Nothing more is said under this lease. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get interruption(): Interruption | null {
    return this.#interruption;
  }

  /** An entry of this kind goes to the queue. Throws when its last one has gone: that is a defect. */
  said(kind: CallbackKind): void {
    if (this.#isOver) throw new Error(`"${kind}" of item ${this.grant.item_id} comes after its last entry`);
    const move = MOVES[kind];
    // What has moved already, because a user canceled it or a node failed, stays where it is.
    if (move) this.#status = nextStatus(this.#status, move) ?? this.#status;
    if (kind === 'session_started') this.#isStarted = true;
    if (kind === 'invocation_complete' || kind === 'invocation_error') this.#results += 1;
    if (isLast(kind)) this.#isOver = true;
  }

  /** The lease is over without a word. */
  drop(): void {
    this.#isOver = true;
  }

  /** What is discarded stays so, whatever a user wants later. */
  interrupt(how: Interruption): void {
    if (this.#isOver || this.#interruption === 'discarded') return;
    this.#interruption = how;
    // The queue has decided before it says so.
    if (how === 'canceled') this.#status = nextStatus(this.#status, 'cancel') ?? this.#status;
    const error = canceled();
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  isCanceled(): boolean {
    return this.#interruption !== null;
  }

  /** The result of `work`, unless the task is interrupted before: then that is thrown, and `work` goes on unwatched. */
  orCanceled<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const stop = (error: unknown) => {
        this.#waiting.delete(stop);
        reject(error);
      };
      work.then((result) => {
        this.#waiting.delete(stop);
        resolve(result);
      }, stop);
      if (this.#interruption) stop(canceled());
      else this.#waiting.add(stop);
    });
  }
}

const canceled = (): CanceledError => new CanceledError('the item was canceled');
