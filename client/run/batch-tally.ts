/** What is known of a running batch, from its events. Every frame may come twice or late; ends are counted once. @pure */

import type { ItemSummary } from '../../contract/queue/item.ts';
import { isFinal, type Status } from '../../contract/queue/status.ts';
import type { StreamFrame } from '../events/stream-cursor.ts';
import { ItemIds } from './item-ids.ts';

const FAILURES_MAX = 1_000;

/** What a status event and a list's row have in common. */
type ItemNews = Pick<
  ItemSummary,
  'item_id' | 'status' | 'created_at' | 'started_at' | 'device' | 'error_type' | 'error_message'
>;

export interface EndedItem {
  item_id: number;
  status: Status;
  error: string | null;
}

/** A session that runs: its node and how far that is. */
export interface RunningSession {
  item_id: number;
  /** Of the node; empty before the first one is heard of. */
  type: string;
  message: string;
  /** 0 to 1; null when the node tells nothing. */
  percentage: number | null;
  device: string | null;
}

export class BatchTally {
  readonly batch_id: string;
  /** Items of the batch; known once it is enqueued. */
  total = 0;
  readonly #ended = new ItemIds();
  /** The first items that failed, as many as a person reads. */
  readonly failures: EndedItem[] = [];
  readonly counts: Record<'completed' | 'failed' | 'canceled', number> = { completed: 0, failed: 0, canceled: 0 };
  readonly node_seconds: Record<string, { seconds: number; runs: number }> = {};
  /** From created to started, in milliseconds, of each item that started. */
  readonly waits: number[] = [];
  readonly #started = new ItemIds();
  #isKnown = false;
  /** By item, in the order in which they started. */
  readonly running = new Map<number, RunningSession>();

  constructor(batchId: string) {
    this.batch_id = batchId;
  }

  get ended(): Pick<ItemIds, 'size' | 'has'> {
    return this.#ended;
  }

  get done(): boolean {
    return this.#isKnown && this.#ended.size >= this.total;
  }

  /** The batch was enqueued: its items are this one and the `count` − 1 that follow. */
  enqueued(firstItemId: number, count: number): void {
    this.#isKnown = true;
    this.total = count;
    this.#ended.bound(firstItemId, count);
    this.#started.bound(firstItemId, count);
  }

  /** The ends of items that are not there any more: they were removed before their end was told. */
  removed(present: ItemIds): EndedItem[] {
    const ended: EndedItem[] = [];
    for (const item_id of this.#ended.missing())
      if (!present.has(item_id)) ended.push(...this.#end({ item_id, status: 'canceled', error: null }));
    return ended;
  }

  /** Returns the items that this frame ended. */
  take(frame: StreamFrame): EndedItem[] {
    switch (frame.name) {
      case 'queue_item_status_changed':
        return frame.batch_id === this.batch_id ? this.takeItem(frame) : [];
      case 'queue_items_canceled':
        return frame.canceled_item_ids.flatMap((item_id) => this.#end({ item_id, status: 'canceled', error: null }));
      case 'invocation_started':
      case 'invocation_progress':
        this.#progress(frame.item_id, {
          type: frame.invocation.type,
          message: 'message' in frame ? frame.message : '',
          percentage: 'percentage' in frame ? frame.percentage : null,
        });
        return [];
      case 'invocation_complete': {
        const { type } = frame.invocation;
        this.node_seconds[type] ??= { seconds: 0, runs: 0 };
        const node = this.node_seconds[type];
        node.seconds += frame.seconds;
        node.runs++;
        return [];
      }
      default:
        return [];
    }
  }

  /** The same from a row of a list, after a snapshot hid the events. */
  takeItem(item: ItemNews): EndedItem[] {
    if (item.started_at !== null && this.#started.add(item.item_id))
      this.waits.push(Date.parse(item.started_at) - Date.parse(item.created_at));
    if (item.status === 'in_progress') this.#progress(item.item_id, { device: item.device });
    else this.running.delete(item.item_id);
    if (!isFinal(item.status)) return [];
    const error = item.error_type === null ? null : `${item.error_type}: ${item.error_message ?? ''}`;
    return this.#end({ item_id: item.item_id, status: item.status, error });
  }

  /** An ended item runs no more, whatever still arrives of it; a retry of one is no item of what was enqueued. */
  #progress(item_id: number, news: Partial<RunningSession>): void {
    if (this.#ended.has(item_id) || !this.#ended.covers(item_id)) return;
    const session = this.running.get(item_id) ?? { item_id, type: '', message: '', percentage: null, device: null };
    this.running.set(item_id, { ...session, ...news });
  }

  #end(item: EndedItem): EndedItem[] {
    if (!this.#ended.add(item.item_id)) return [];
    if (item.error !== null && this.failures.length < FAILURES_MAX) this.failures.push(item);
    if (item.status in this.counts) this.counts[item.status as keyof typeof this.counts]++;
    this.running.delete(item.item_id);
    return [item];
  }
}
