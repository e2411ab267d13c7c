/** An event as a line of a log; null for what such a log is better without. @pure */
import type { StreamFrame } from '../../client/events/stream-cursor.ts';
import { count, oneLine } from '../output/text.ts';

export function eventLine(frame: StreamFrame): string | null {
  const text = textOf(frame);
  return text === null || !('timestamp' in frame) ? null : oneLine(`${frame.timestamp} ${text}`);
}

function textOf(frame: StreamFrame): string | null {
  switch (frame.name) {
    case 'queue_item_status_changed':
      return `item ${frame.item_id} ${frame.status} ${frame.error_message ?? ''}`;
    case 'batch_enqueued':
      return `batch ${frame.batch_id} enqueued, ${count(frame.enqueued, 'item')}`;
    case 'queue_items_canceled':
      return `${count(frame.canceled_item_ids.length, 'item')} canceled`;
    case 'runner_connected':
      return `runner ${frame.runner_name} connected (${frame.devices.join(', ')})`;
    case 'runner_lost':
      return `runner ${frame.runner_name} ${frame.reason === 'drained' ? 'left' : 'is lost'}`;
    case 'queue_paused':
      return 'queue paused';
    case 'queue_resumed':
      return 'queue resumed';
    case 'queue_cleared':
      return 'queue cleared';
    default:
      return null;
  }
}
