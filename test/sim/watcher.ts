/**
 * A client that watches the queue: it resumes by sequence over the SDK's own cursor, folds what it hears into a view, and
 * is held to it. Its sockets break, and it stays away for as long as it likes.
 */

import { type ReceivedFrame, StreamCursor } from '../../client/events/stream-cursor.ts';
import type { StreamSnapshot } from '../../contract/event/stream.ts';
import { isFinal as isFinalStatus, type Status } from '../../contract/queue/status.ts';
import { isAdmin, maySee, type Principal } from '../../contract/store/key.ts';
import type { Filter } from '../../edge/queue/render.ts';
import type { Model } from './model.ts';
import { type SimulatedObject, Unreachable, type World } from './object.ts';
import type { SimulatedSocket } from './sockets.ts';
import { hold, Violation } from './violation.ts';

export interface WatcherParts {
  world: World;
  object: SimulatedObject;
  model: Model;
  /** Of admins who see everything: each event's text as it was first sent. */
  spoken: Map<number, string>;
}

const RECONNECT_MS = 300;

export class Watcher {
  readonly name: string;
  readonly principal: Principal;
  readonly #filter: Filter;
  readonly #packed: boolean;
  readonly #parts: WatcherParts;
  #cursor = new StreamCursor(0);
  #socket: SimulatedSocket | null = null;
  #life = 0;
  /** What it knows of items, by id; null when it was told that the item is removed. */
  readonly #items = new Map<number, Status | null>();
  isLive = false;

  constructor(name: string, principal: Principal, filter: Filter, packed: boolean, parts: WatcherParts) {
    this.name = name;
    this.principal = principal;
    this.#filter = filter;
    this.#packed = packed;
    this.#parts = parts;
  }

  get #isWhole(): boolean {
    return this.#filter.item_id === undefined && this.#filter.batch_id === undefined;
  }

  get isConnected(): boolean {
    return this.#socket?.isOpen === true;
  }

  connect(): void {
    if (this.isConnected) return;
    const { object, world } = this.#parts;
    const life = ++this.#life;
    const far = {
      message: (text: string) => {
        if (life === this.#life) this.#hear(text);
      },
      closed: () => {
        if (life !== this.#life) return;
        this.isLive = false;
        const away = world.random.chance(0.1)
          ? world.random.between(10_000, 200_000)
          : world.random.delay(RECONNECT_MS, 5_000);
        world.timeline.after(away, () => {
          if (life === this.#life) this.connect();
        });
      },
    };
    try {
      this.#socket = object.openEvents(this.principal, this.#filter, this.#packed, this.#cursor.sequence, far);
      world.trace.add(`${this.name} watches from ${this.#cursor.sequence}`);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      far.closed();
    }
  }

  breakSocket(): void {
    this.#socket?.break();
  }

  #hear(text: string): void {
    const document = JSON.parse(text) as ReceivedFrame | ReceivedFrame[];
    hold(
      'streams-are-whole',
      Array.isArray(document) === this.#packed,
      () => `${this.name} got a message of another form`,
    );
    for (const frame of Array.isArray(document) ? document : [document]) this.#take(frame);
  }

  #take(frame: ReceivedFrame): void {
    const before = this.#cursor.sequence ?? 0;
    const verdict = this.#cursor.accept(frame);
    const saw = () => `${this.name} at ${before} got ${JSON.stringify(frame)}`;
    hold('streams-are-whole', verdict === 'deliver', saw);
    switch (frame.name) {
      case 'hello':
        if (frame.mode === 'snapshot') this.#items.clear();
        hold('streams-are-whole', frame.sequence >= before, saw);
        hold('streams-are-whole', frame.mode !== 'current' || frame.sequence === before, saw);
        return;
      case 'snapshot':
        this.#start(frame);
        return;
      case 'live':
        this.isLive = true;
        return;
      case 'acknowledge':
        if (this.#socket) this.#parts.object.receive(this.#socket, JSON.stringify({ ack: frame.sequence }));
        return;
      default: {
        if (frame.sequence === undefined) return;
        if (this.#isWhole && isAdmin(this.principal)) {
          hold('streams-are-whole', frame.sequence === before + 1 && frame.prev === before, saw);
          this.#compareSpoken(frame.sequence, frame);
        }
        this.#fold(frame);
      }
    }
  }

  #compareSpoken(sequence: number, frame: object): void {
    const text = JSON.stringify(frame);
    const before = this.#parts.spoken.get(sequence);
    if (before === undefined) this.#parts.spoken.set(sequence, text);
    else hold('replay-equals-live', before === text, () => `event ${sequence} was ${before} and is ${text}`);
  }

  #start({ items }: StreamSnapshot): void {
    for (const item of items) this.#items.set(item.item_id, item.status);
  }

  #fold(frame: ReceivedFrame): void {
    switch (frame.name) {
      case 'batch_enqueued':
        for (let index = 0; index < frame.enqueued; index++) this.#set(frame.first_item_id! + index, 'pending');
        return;
      case 'queue_item_status_changed':
        this.#set(frame.item_id, frame.status);
        return;
      case 'queue_items_canceled':
        for (const item_id of frame.canceled_item_ids) this.#set(item_id, 'canceled');
        return;
      case 'queue_items_retried':
        for (const item_id of frame.new_item_ids) this.#set(item_id, 'pending');
        return;
      case 'queue_items_pruned':
        for (const item_id of frame.pruned_item_ids) this.#items.set(item_id, null);
        return;
      case 'queue_cleared':
        for (const item_id of this.#items.keys())
          if (frame.user_id === null || this.#ownerOf(item_id) === frame.user_id) this.#items.set(item_id, null);
        return;
      case 'invocation_started':
      case 'invocation_complete':
      case 'invocation_error': {
        const known = this.#items.get(frame.item_id);
        const ended = known === null || (known !== undefined && isFinalStatus(known));
        hold(
          'streams-are-whole',
          !ended,
          () => `${this.name} got ${frame.name} of item ${frame.item_id}, which was ${known}`,
        );
      }
    }
  }

  #ownerOf = (item_id: number): string | undefined => this.#parts.model.items.get(item_id)?.batch.user_id;

  #set(item_id: number, status: Status): void {
    // A batch names all of its items, to those too who look at one.
    if ((this.#filter.item_id ?? item_id) !== item_id) return;
    const known = this.#items.get(item_id);
    const ended = known === null || (known !== undefined && isFinalStatus(known));
    hold('streams-are-whole', !ended, () => `${this.name} got ${status} of item ${item_id}, which was ${known}`);
    this.#items.set(item_id, status);
  }

  /** Whether it has heard everything that there is. */
  get hasCaughtUp(): boolean {
    return this.isConnected && this.isLive && this.#socket?.isOrphan === false && this.#socket.underWay === 0;
  }

  /** Its view is what the queue has, as far as it may see it. */
  compare(): void {
    const { model } = this.#parts;
    if (this.#isWhole && isAdmin(this.principal))
      hold(
        'clients-converge',
        this.#cursor.sequence === model.sequence,
        () => `${this.name} is at ${this.#cursor.sequence} of ${model.sequence}`,
      );
    for (const [item_id, status] of this.#items) {
      const item = model.items.get(item_id);
      if (!item) throw new Violation('clients-converge', `${this.name} knows of item ${item_id}, which never was`);
      if (!maySee(this.principal, item.batch.user_id)) continue;
      const has = item.removed ? null : item.status;
      hold(
        'clients-converge',
        status === has,
        () => `${this.name} shows item ${item_id} as ${status}, the queue has ${has}`,
      );
    }
  }
}
