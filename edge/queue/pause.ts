/**
 * Pause: nothing is granted until the queue is resumed, whatever waits. What runs goes on; what was granted and has not
 * started is pending and nobody's again, so that a paused queue starts nothing.
 */
import type { ProcessorStatus } from '../../contract/queue/queue.ts';
import { matchingBacklogs, type RunnerTypes } from './backlogs.ts';
import { recallLeases } from './leases.ts';
import { claimableIn } from './ready.ts';
import { wantedByIdle } from './runners.ts';
import type { Turn } from './turn.ts';

export function pause(turn: Turn): ProcessorStatus {
  if (setPaused(turn, 1)) {
    turn.facts.push(['paused']);
    const unstarted = turn.sql.all<{ item_id: number }>(
      `SELECT item_id FROM items WHERE runner_no IS NOT NULL AND status = 'pending' ORDER BY runner_no, item_id`,
    );
    recallLeases(
      turn,
      unstarted.map((row) => row.item_id),
    );
  }
  return processorStatus(turn);
}

export function resume(turn: Turn): ProcessorStatus {
  if (setPaused(turn, 0)) {
    turn.facts.push(['resumed']);
    announceAll(turn);
  }
  return processorStatus(turn);
}

const setPaused = ({ sql }: Turn, paused: 0 | 1): boolean =>
  sql.all('UPDATE queue SET paused = ?1 WHERE paused <> ?1 RETURNING 1', paused).length > 0;

/** Everything that idle runners can run counts as made claimable now; more of it than they want need not be counted. */
function announceAll(turn: Turn): void {
  const { sql } = turn;
  // Fleets are mostly alike, and what one of them can run all can.
  const idle = sql.all<RunnerTypes>(
    'SELECT DISTINCT engine, types FROM runners WHERE wanting > 0 AND expires_at IS NOT NULL',
  );
  const wanted = wantedByIdle(sql);
  for (const backlog_no of new Set(idle.flatMap((runner) => matchingBacklogs(turn, runner))))
    turn.madeClaimable(backlog_no, claimableIn(sql, backlog_no, wanted));
}

const processorStatus = ({ sql }: Turn): ProcessorStatus => {
  const { paused, running } = sql.one<{ paused: number; running: number }>(
    `SELECT paused, EXISTS (SELECT 1 FROM items WHERE runner_no IS NOT NULL AND status = 'in_progress') AS running FROM queue`,
  );
  return { is_started: paused === 0, is_processing: running === 1 };
};
