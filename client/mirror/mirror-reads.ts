/**
 * The reads that a state asks for. They belong to a connection: when it ends they are aborted, and what was not answered
 * is asked again by the next one. An answer is delivered once and not kept: the state is all that there is of it.
 */
import { IDS_PER_REQUEST_MAX } from '../../contract/limits.ts';
import { ProblemError } from '../errors.ts';
import type { Effect, Input } from '../state/input.ts';
import { ITEMS_MAX } from '../state/queue-state.ts';
import { type Ask, catchUp } from './catch-up.ts';
import type { MirrorCalls } from './mirror-calls.ts';
import { ReadingRoom } from './reading-room.ts';

export type ReadEffect = Extract<
  Effect,
  { type: 'read_session' | 'abort_read' | 'read_items' | 'catch_up' | 'read_status' | 'read_batches' }
>;

/** One that was given back to the queue is pending again, among the first that will run. */
const CURRENT = [
  { status: 'in_progress', order_dir: 'DESC' },
  { status: 'waiting', order_dir: 'DESC' },
  { status: 'pending', order_dir: 'ASC' },
] as const;

export interface ReadsParts {
  calls: MirrorCalls;
  user_id: string;
  sequence(): number | null;
  isFinished(item_id: number): boolean;
  /** The first own item that was heard of and is not finished; infinite when there is none. */
  firstUnfinished(): number;
  deliver(input: Input): void;
  /** A read was given up: what it would have told stays unknown until the next connection. */
  gaveUp(error: unknown): void;
  /** No call will be answered any more. */
  refused(error: unknown): void;
}

export class MirrorReads {
  readonly #parts: ReadsParts;
  /** Null while there is no connection. */
  #room: ReadingRoom | null = null;
  /** Sessions under way, by the number of their read. */
  readonly #sessions = new Map<number, AbortController>();
  /** What is wanted and not answered. */
  readonly #items = new Set<number>();
  /** How often each is wanted. */
  readonly #batches = new Map<string, number>();
  readonly #batchesUnderWay = new Set<string>();
  #statusWishes = 0;
  #statusUnderWay = false;
  #hasStatus = false;
  #current = false;
  #after: number | null = null;
  #catchingUp: AbortController | null = null;
  /** Somebody asked again while it was under way. */
  #catchUpAgain = false;

  constructor(parts: ReadsParts) {
    this.#parts = parts;
  }

  /** Whether items that came and went unseen are still looked for. */
  get isCatchingUp(): boolean {
    return this.#after !== null;
  }

  /** Whether what is asked at the start was answered. */
  get hasBegun(): boolean {
    return !this.#current && this.#hasStatus;
  }

  connect(): void {
    this.disconnect();
    this.#room = new ReadingRoom();
    this.#readStatus();
    this.#readCurrent();
    this.#readItems([...this.#items]);
    for (const batch_id of this.#batches.keys()) this.#readBatch(batch_id);
    this.#catchUp();
  }

  disconnect(): void {
    this.#room?.close();
    this.#room = null;
    this.#sessions.clear();
    this.#batchesUnderWay.clear();
    this.#statusUnderWay = false;
    this.#catchingUp = null;
  }

  /** Items that are in the middle of their run: this page may not have seen its beginning. */
  readCurrent(): void {
    this.#current = true;
    this.#readCurrent();
  }

  run(effect: ReadEffect): void {
    switch (effect.type) {
      case 'read_session':
        this.#readSession(effect.item_id, effect.read);
        break;
      case 'abort_read':
        this.#sessions.get(effect.read)?.abort();
        this.#sessions.delete(effect.read);
        break;
      case 'read_items': {
        const wanted = effect.item_ids.filter((item_id) => !this.#items.has(item_id));
        for (const item_id of wanted) this.#items.add(item_id);
        this.#readItems(wanted);
        break;
      }
      case 'read_batches':
        for (const batch_id of effect.batch_ids) {
          this.#batches.set(batch_id, (this.#batches.get(batch_id) ?? 0) + 1);
          this.#readBatch(batch_id);
        }
        break;
      case 'catch_up':
        // What is under way may have looked already where this one was; it goes on all the same, or it would never end.
        this.#catchUpAgain = this.#catchingUp !== null && this.#after !== null && this.#after <= effect.after_item_id;
        this.#after = Math.min(this.#after ?? effect.after_item_id, effect.after_item_id);
        if (!this.#catchUpAgain) this.#catchUp();
        break;
      case 'read_status':
        this.#statusWishes++;
        this.#readStatus();
    }
  }

  #readSession(item_id: number, read: number): void {
    const { calls, deliver } = this.#parts;
    const stop = new AbortController();
    this.#sessions.set(read, stop);
    this.#job(
      async (room, signal) => {
        let cursor: string | undefined;
        do {
          const page = await room.ask((during) => calls.invocations(item_id, cursor, during), signal);
          cursor = page.next_cursor ?? undefined;
          const last = cursor === undefined;
          if (last) this.#sessions.delete(read);
          deliver({ type: 'session_read', item_id, read, status: page.status, records: page.invocations, last });
        } while (cursor !== undefined);
      },
      stop,
      (error) => {
        this.#sessions.delete(read);
        deliver({ type: 'read_failed', item_id, read });
        // It was removed: there is nothing to be said about the read.
        if (isNotFound(error)) deliver({ type: 'items_read', asked: [item_id], items: [] });
        else this.#parts.gaveUp(error);
      },
    );
  }

  #readItems(item_ids: readonly number[]): void {
    const { calls, deliver } = this.#parts;
    for (let first = 0; first < item_ids.length; first += IDS_PER_REQUEST_MAX) {
      const asked = item_ids.slice(first, first + IDS_PER_REQUEST_MAX);
      this.#job(async (room) => {
        const items = await room.ask((signal) => calls.summaries(asked, signal));
        for (const item_id of asked) this.#items.delete(item_id);
        deliver({ type: 'items_read', asked, items });
      });
    }
  }

  /** One at a time, as of the queue's status. */
  #readBatch(batch_id: string): void {
    const wishes = this.#batches.get(batch_id);
    if (wishes === undefined || this.#batchesUnderWay.has(batch_id)) return;
    const { calls, deliver, sequence, gaveUp } = this.#parts;
    this.#job(
      async (room) => {
        this.#batchesUnderWay.add(batch_id);
        const asked_at = sequence();
        const status = await room
          .ask((signal) => calls.batchStatus(batch_id, signal))
          .catch((error: unknown) => {
            if (isNotFound(error)) return null;
            throw error;
          });
        this.#batchesUnderWay.delete(batch_id);
        const left = (this.#batches.get(batch_id) ?? 0) - wishes;
        if (left > 0) this.#batches.set(batch_id, left);
        else this.#batches.delete(batch_id);
        deliver({ type: 'batch_read', asked_at, batch_id, status });
        this.#readBatch(batch_id);
      },
      undefined,
      (error) => {
        this.#batchesUnderWay.delete(batch_id);
        this.#batches.delete(batch_id);
        gaveUp(error);
      },
    );
  }

  #readCurrent(): void {
    if (!this.#current) return;
    const { calls, deliver, user_id } = this.#parts;
    this.#job(
      async (room) => {
        const pages = CURRENT.map((query) =>
          room.ask((signal) => calls.list({ ...query, user_id, limit: ITEMS_MAX }, signal)),
        );
        const items = (await Promise.all(pages)).flatMap((page) => page.items).filter((item) => item.attempts > 0);
        this.#current = false;
        deliver({ type: 'items_read', asked: items.map((item) => item.item_id), items });
      },
      undefined,
      (error) => {
        this.#current = false;
        this.#parts.gaveUp(error);
      },
    );
  }

  /** One at a time: what is wanted while one is under way is wanted again after it. */
  #readStatus(): void {
    if (this.#statusWishes === 0 || this.#statusUnderWay) return;
    const { calls, deliver, sequence, gaveUp } = this.#parts;
    this.#job(
      async (room) => {
        this.#statusUnderWay = true;
        const wishes = this.#statusWishes;
        const asked_at = sequence();
        const status = await room.ask((signal) => calls.status(signal));
        this.#statusUnderWay = false;
        this.#hasStatus = true;
        this.#statusWishes -= wishes;
        deliver({ type: 'status_read', asked_at, status });
        this.#readStatus();
      },
      undefined,
      (error) => {
        this.#statusUnderWay = false;
        this.#hasStatus = true;
        this.#statusWishes = 0;
        gaveUp(error);
      },
    );
  }

  /** Anew from the earliest that was asked for: what is finished already is passed over. */
  #catchUp(): void {
    if (this.#after === null) return;
    const after = this.#after;
    this.#catchingUp?.abort();
    this.#catchingUp = this.#room && new AbortController();
    this.#catchUpAgain = false;
    const { calls, user_id, isFinished, firstUnfinished, deliver, gaveUp } = this.#parts;
    this.#job(
      async (room, signal) => {
        const ask: Ask = (call) => room.ask(call, signal);
        const through = await catchUp({ calls, ask, user_id, isFinished, deliver }, after);
        signal.throwIfAborted();
        this.#catchingUp = null;
        if (this.#catchUpAgain) return this.#catchUp();
        this.#after = null;
        // What moved from one list to another in between was heard of.
        deliver({ type: 'caught_up', through: Math.min(through, firstUnfinished() - 1) });
      },
      this.#catchingUp ?? undefined,
      (error) => {
        this.#catchingUp = null;
        gaveUp(error);
      },
    );
  }

  /** Something that this connection asks; nothing while there is none. `stop` ends it earlier. */
  #job(
    work: (room: ReadingRoom, signal: AbortSignal) => Promise<void>,
    stop = new AbortController(),
    failed: (error: unknown) => void = this.#parts.gaveUp,
  ): void {
    const room = this.#room;
    if (!room) return;
    const signal = AbortSignal.any([room.signal, stop.signal]);
    work(room, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      if (error instanceof ProblemError && error.code === 'unauthenticated') this.#parts.refused(error);
      else failed(error);
    });
  }
}

const isNotFound = (error: unknown): boolean => error instanceof ProblemError && error.code === 'not_found';
