/** What `watch` shows of a queue, kept from its events: counters, runners, what runs, and what ended last. @pure */
import type { StreamDisconnected, StreamFrame } from '../../client/events/stream-cursor.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { RunnerView } from '../../contract/queue/queue.ts';
import { isFinal, type Status } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';

export interface RowOfQueue {
  item_id: number;
  status: Status;
  user_id: string;
  origin: string | null;
  device: string | null;
  /** The node that runs; empty before the first one is heard of. */
  type: string;
  /** What the node says, or the error that ended it. */
  note: string;
  percentage: number | null;
  started_at: string | null;
  completed_at: string | null;
}

type ItemNews = Pick<
  ItemSummary,
  | 'item_id'
  | 'status'
  | 'user_id'
  | 'origin'
  | 'device'
  | 'started_at'
  | 'completed_at'
  | 'error_type'
  | 'error_message'
>;

/** Ended items that are kept; what a screen has no room for is not shown. */
const RECENT_MAX = 50;

export class QueuePicture {
  /** Of the queue, or of the batch that is watched. */
  counts: StatusCounts | null = null;
  paused: boolean | null = null;
  connected = true;
  /** Something happened that moves counters without telling them: they are to be read. */
  stale = true;
  /** Items that were seen to end. */
  ended = 0;
  readonly running = new Map<number, RowOfQueue>();
  /** The newest first. */
  readonly recent: RowOfQueue[] = [];
  readonly runners = new Map<string, Pick<RunnerView, 'name' | 'devices'>>();
  readonly #ofBatch: boolean;
  /** Goes on with every event that told the counters. */
  #told = 0;

  constructor({ ofBatch = false }: { ofBatch?: boolean } = {}) {
    this.#ofBatch = ofBatch;
  }

  take(frame: StreamFrame | StreamDisconnected): void {
    switch (frame.name) {
      case 'disconnected':
        this.connected = false;
        return;
      case 'hello':
        this.connected = true;
        return;
      case 'snapshot':
        this.#count(this.#ofBatch ? frame.batch_status : frame.queue_status);
        this.paused = frame.paused;
        this.running.clear();
        this.stale = true;
        for (const item of frame.items) this.takeItem(item);
        return;
      case 'queue_item_status_changed':
        this.#count(this.#ofBatch ? frame.batch_status : frame.queue_status);
        this.#change(frame);
        return;
      case 'invocation_started':
      case 'invocation_progress': {
        const row = this.running.get(frame.item_id);
        if (row === undefined) return;
        row.type = frame.invocation.type;
        row.note = 'message' in frame ? frame.message : '';
        row.percentage = 'percentage' in frame ? frame.percentage : null;
        return;
      }
      case 'queue_paused':
      case 'queue_resumed':
        this.paused = frame.name === 'queue_paused';
        return;
      case 'runner_connected':
        this.runners.set(frame.runner_id, { name: frame.runner_name, devices: frame.devices });
        return;
      case 'runner_lost':
        this.runners.delete(frame.runner_id);
        return;
      case 'queue_cleared':
        this.running.clear();
        this.stale = true;
        return;
      case 'batch_enqueued':
      case 'queue_items_canceled':
      case 'queue_items_pruned':
      case 'queue_items_retried':
        this.stale = true;
    }
  }

  /** A row of a list; what an event told of the item is newer. */
  takeItem(item: ItemNews): void {
    if (this.running.has(item.item_id) || this.recent.some(({ item_id }) => item_id === item.item_id)) return;
    if (item.status === 'in_progress') this.running.set(item.item_id, rowOf(item));
    else if (isFinal(item.status)) {
      this.recent.push(rowOf(item));
      this.recent.sort((a, b) => ((a.completed_at ?? '') < (b.completed_at ?? '') ? 1 : -1));
      this.recent.length = Math.min(this.recent.length, RECENT_MAX);
    }
  }

  /** Call it before counters are read: what it returns takes them, unless events told newer ones meanwhile. */
  countsRead(): (counts: StatusCounts) => void {
    const told = this.#told;
    this.stale = false;
    return (counts) => {
      if (this.#told === told) this.counts = counts;
    };
  }

  #count(counts: StatusCounts | null): void {
    if (counts === null) return;
    this.counts = counts;
    this.#told++;
  }

  #change(item: ItemNews): void {
    const before = this.running.get(item.item_id);
    this.running.delete(item.item_id);
    if (item.status === 'in_progress') this.running.set(item.item_id, { ...before, ...rowOf(item) });
    if (!isFinal(item.status)) return;
    this.ended++;
    this.recent.unshift({ ...rowOf(item), type: before?.type ?? '' });
    this.recent.length = Math.min(this.recent.length, RECENT_MAX);
  }
}

const rowOf = ({
  item_id,
  status,
  user_id,
  origin,
  device,
  started_at,
  completed_at,
  ...item
}: ItemNews): RowOfQueue => ({
  ...{ item_id, status, user_id, origin, device, started_at, completed_at },
  type: '',
  note: [item.error_type, item.error_message].filter(Boolean).join(': '),
  percentage: null,
});
