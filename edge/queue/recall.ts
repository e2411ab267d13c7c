/** Which leases that have not started make room for better work that nobody idle takes. @pure */
import type { QueueSettings } from '../../contract/queue/queue.ts';

/** What decides which of two items is claimed first, whatever their users were served. */
export interface Rank {
  lane: number;
  user_id: string;
  priority: number;
}

/** A claimable item. */
export interface Work extends Rank {
  backlog_no: number;
}

/** A lease that has not started. */
export interface UnstartedLease extends Rank {
  item_id: number;
  runner_no: number;
}

/** Whether `a` goes before `b` for sure: where fairness between users decides, neither does. */
export function goesBefore(a: Rank, b: Rank, order: QueueSettings['order']): boolean {
  if (a.lane !== b.lane) return a.lane > b.lane;
  return (order === 'fifo' || a.user_id === b.user_id) && a.priority > b.priority;
}

/**
 * The leases to recall: for each item, best first, the worst lease that it goes before and whose holder can run it.
 * Never more than there are items, and none that is not worse than one of them. `leases` that come first are preferred
 * among equals.
 */
export function recalls<Lease extends UnstartedLease>(
  work: readonly Work[],
  leases: readonly Lease[],
  order: QueueSettings['order'],
  canRun: (runner_no: number, backlog_no: number) => boolean,
): Lease[] {
  const worstFirst = leases.toSorted((a, b) => a.lane - b.lane || a.priority - b.priority);
  const bestFirst = work.toSorted((a, b) => b.lane - a.lane || b.priority - a.priority);
  return bestFirst.flatMap((item) => {
    const at = worstFirst.findIndex(
      (lease) => goesBefore(item, lease, order) && canRun(lease.runner_no, item.backlog_no),
    );
    return at === -1 ? [] : worstFirst.splice(at, 1);
  });
}
