/**
 * What the event log stores: compact facts, one an event, and the counters after their transaction. The full
 * payloads are built from them when they are sent (render.ts), so a log row stays small and nothing is said twice.
 */
import { STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import type { StatusCounts } from '../../contract/queue/status-counts.ts';

export type Fact =
  | ['batch', batch_no: number]
  | ['status', item_id: number, batch_no: number, status: Status, status_sequence: number, device: string | null]
  /** A bulk cancel, as ranges of ids of one batch each. */
  | ['canceled', ranges: [batch_no: number, first_item_id: number, last_item_id: number][]]
  /** Removed items, in the same form. */
  | ['pruned', ranges: [batch_no: number, first_item_id: number, last_item_id: number][]]
  | ['retried', retries: [batch_no: number, retried_item_id: number, new_item_id: number][]]
  | ['cleared', user_id: string | null]
  | ['paused']
  | ['resumed']
  | ['moved', item_id: number, batch_no: number, priority: number]
  | ['started', item_id: number, batch_no: number, invocation_id: string]
  | ['complete', item_id: number, batch_no: number, invocation_id: string]
  | ['error', item_id: number, batch_no: number, invocation_id: string]
  | ['lease_expired', item_id: number, batch_no: number, fence: number, runner_no: number]
  /** Runners as they are then: one that registers again may have another name and other devices. */
  | ['runner_connected', runner_no: number, runner: { runner_id: string; name: string; devices: string[] }]
  | ['runner_lost', runner_no: number, reason: 'drained' | 'silent', runner: { runner_id: string; name: string }];

/** One counter for each status, in the order of the status table. */
export type Counts = [number, number, number, number, number, number];

export type CountIndex = 0 | 1 | 2 | 3 | 4 | 5;

export const noCounts = (): Counts => [0, 0, 0, 0, 0, 0];

export const sumOf = (all: Iterable<Counts>): Counts =>
  Array.from(all).reduce(
    (sum, counts) => sum.map((count, index) => count + counts[index as CountIndex]) as Counts,
    noCounts(),
  );

export const statusCounts = (counts: Counts): StatusCounts => {
  const named = Object.fromEntries(STATUS_NAMES.map((status, index) => [status, counts[index as CountIndex]]));
  return { ...named, total: counts.reduce((sum, count) => sum + count, 0) } as StatusCounts;
};

export interface LogBody {
  facts: Fact[];
  /** The queue's counters after the transaction. */
  queue: Counts;
  /** Those of each batch and each user whose items changed their status one by one. */
  batches: [batch_no: number, counts: Counts][];
  users: [user_id: string, counts: Counts][];
}

/** A row of the log; its events are the `count` numbers that end at `sequence`. */
export interface LogRow {
  sequence: number;
  count: number;
  at: number;
  body: LogBody;
}
