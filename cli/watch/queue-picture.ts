/** What `watch` shows of a queue, kept from its events: counters, what runs, and what ended last. @pure */
import type { StreamFrame } from '../../client/events/stream-cursor.ts';
import type { QueueStatus } from '../../contract/queue/queue.ts';
import { isFinal, type Status } from '../../contract/queue/status.ts';

export interface RowOfQueue {
  item_id: number;
  status: Status;
  origin: string | null;
  device: string | null;
  /** The node that runs, or the error that ended it. */
  note: string;
  percentage: number | null;
  started_at: string | null;
  completed_at: string | null;
}

/** Ended items that stay in view. */
const RECENT_MAX = 10;

export class QueuePicture {
  status: QueueStatus | null = null;
  readonly running = new Map<number, RowOfQueue>();
  readonly recent: RowOfQueue[] = [];

  take(frame: StreamFrame): void {
    switch (frame.name) {
      case 'snapshot':
        this.status = frame.queue_status;
        this.running.clear();
        for (const item of frame.items)
          if (item.status === 'in_progress') this.running.set(item.item_id, { ...item, note: '', percentage: null });
        return;
      case 'queue_item_status_changed': {
        this.status = frame.queue_status;
        const row = this.running.get(frame.item_id);
        this.running.delete(frame.item_id);
        const next = { ...frame, note: frame.error_message ?? row?.note ?? '', percentage: row?.percentage ?? null };
        if (frame.status === 'in_progress') this.running.set(frame.item_id, next);
        else if (isFinal(frame.status)) {
          this.recent.unshift({ ...next, note: frame.error_message ?? '' });
          this.recent.length = Math.min(this.recent.length, RECENT_MAX);
        }
        return;
      }
      case 'invocation_started':
      case 'invocation_progress': {
        const row = this.running.get(frame.item_id);
        if (row === undefined) return;
        row.note = frame.invocation.type;
        row.percentage = 'percentage' in frame ? frame.percentage : null;
      }
    }
  }
}
