/** Counters, which are kept and never counted. */
import type { BatchStatus, CountsByDestination, QueueAndProcessorStatus } from '../../contract/queue/queue.ts';
import { STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import { isAdmin, maySee, type Principal } from '../../contract/store/key.ts';
import { noCounts, statusCounts } from './fact.ts';
import { sessionId } from './session-id.ts';
import { countsOf, type QueueContext } from './turn.ts';

type CountRow = Record<Status, number>;
const COUNTS = STATUS_NAMES.map((status) => `"${status}"`).join(', ');

export function queueStatus({ sql, queue_id }: QueueContext, principal: Principal): QueueAndProcessorStatus {
  const total = sql.get<CountRow & { paused: number }>(`SELECT ${COUNTS}, paused FROM queue`);
  const own = sql.get<CountRow>(`SELECT ${COUNTS} FROM users WHERE user_id = ?`, principal.user_id);
  // The first that its viewer may see: ids of other users' work are not shown.
  const current = sql.get<{ item_id: number; batch_id: string }>(
    `SELECT item_id, batch_id FROM items INDEXED BY items_leased JOIN batches USING (batch_no)
     WHERE runner_no IS NOT NULL AND status = 'in_progress' AND (?1 OR user_id = ?2) ORDER BY item_id LIMIT 1`,
    isAdmin(principal) ? 1 : 0,
    principal.user_id,
  );
  const counts = statusCounts(total ? countsOf(total) : noCounts());
  return {
    queue: {
      ...counts,
      queue_id,
      item_id: current?.item_id ?? null,
      session_id: current ? sessionId(queue_id, current.item_id) : null,
      batch_id: current?.batch_id ?? null,
      user_pending: own?.pending ?? 0,
      user_in_progress: own?.in_progress ?? 0,
    },
    processor: { is_started: total?.paused !== 1, is_processing: counts.in_progress > 0 },
  };
}

/** An unknown batch, or one of somebody else, has all counters at zero, as in InvokeAI. */
export function batchStatus({ sql, queue_id }: QueueContext, principal: Principal, batch_id: string): BatchStatus {
  const row = sql.get<CountRow & { user_id: string; origin: string | null; destination: string | null }>(
    `SELECT ${COUNTS}, user_id, origin, destination FROM batches WHERE batch_id = ?`,
    batch_id,
  );
  const visible = row && maySee(principal, row.user_id) ? row : null;
  return {
    ...statusCounts(visible ? countsOf(visible) : noCounts()),
    queue_id,
    batch_id,
    origin: visible?.origin ?? null,
    destination: visible?.destination ?? null,
  };
}

/** Of the batches with this destination: all of them for an admin, for others their own. */
export function countsByDestination(
  { sql, queue_id }: QueueContext,
  principal: Principal,
  destination: string,
): CountsByDestination {
  const sums = STATUS_NAMES.map((status) => `COALESCE(SUM("${status}"), 0) AS "${status}"`).join(', ');
  const row = sql.one<CountRow>(
    `SELECT ${sums} FROM batches WHERE destination = ?1 AND (?2 OR user_id = ?3)`,
    destination,
    isAdmin(principal) ? 1 : 0,
    principal.user_id,
  );
  return { ...statusCounts(countsOf(row)), queue_id, destination };
}
