/** What moves a queue's state on, and what the shell then has to do: both are plain data. @pure */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { InvocationRecord, ItemError, ItemSummary } from '../../contract/queue/item.ts';
import type { BatchStatus, QueueAndProcessorStatus } from '../../contract/queue/queue.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { StreamFrame } from '../events/stream-cursor.ts';
import type { GalleryEntry } from './gallery.ts';
import type { Viewer } from './queue-state.ts';

export type Input =
  | { type: 'viewer'; viewer: Viewer }
  /** What the event stream yields; `hello` means connected. */
  | { type: 'frame'; frame: StreamFrame }
  | { type: 'disconnected' }
  /** A page of a session's recorded invocations. `status`: the item's, as that answer told it. */
  | {
      type: 'session_read';
      item_id: number;
      read: number;
      status: Status;
      records: readonly InvocationRecord[];
      last: boolean;
    }
  | { type: 'read_failed'; item_id: number; read: number }
  /** Rows of items that were asked for by id; what was asked for and is not among them does not exist any more. */
  | { type: 'items_read'; asked: readonly number[]; items: readonly ItemSummary[] }
  /** `asked_at`: the state's sequence when the call was made, here and below. */
  | { type: 'status_read'; asked_at: number | null; status: QueueAndProcessorStatus }
  /** `status` is null for a batch that is not there any more. */
  | { type: 'batch_read'; asked_at: number | null; batch_id: string; status: BatchStatus | null }
  /** Results of items that came and went unseen, read after a snapshot; `item_id` has no others. */
  | {
      type: 'outputs_read';
      item: ItemSummary;
      outputs: readonly { invocation_id: string; type: string; result: NodeOutput }[];
    }
  /** What a `catch_up` asked for was told: own items that were created up to this one have ended, and are finished. */
  | { type: 'caught_up'; through: number };

export type Effect =
  /** It stands in the gallery from now on. Apart from node states: whatever those are, it comes exactly once. */
  | { type: 'result'; entry: GalleryEntry }
  /** An invocation failed; told once, also when its item was final already. */
  | { type: 'node_failed'; item_id: number; invocation_id: string; origin: string | null; error: ItemError }
  /** An own item became final, or was removed; told once: whatever waited for it may go on. */
  | { type: 'ended'; item_id: number; origin: string | null; status: Status | null }
  /** Read the recorded invocations, and answer with `session_read` under the same number. */
  | { type: 'read_session'; item_id: number; read: number }
  /** Its answer would be ignored. */
  | { type: 'abort_read'; read: number }
  | { type: 'read_items'; item_ids: readonly number[] }
  /** Look for own items past `after_item_id` that the gallery has not finished with. */
  | { type: 'catch_up'; after_item_id: number }
  | { type: 'read_status' }
  | { type: 'read_batches'; batch_ids: readonly string[] }
  /** What is kept elsewhere about these items, others' ones among them, is out of date. */
  | { type: 'stale'; item_ids: readonly number[] | 'all' };
