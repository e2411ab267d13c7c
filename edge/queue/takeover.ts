/**
 * Leases that wait at a busy runner while another is idle: the idle one is given some. Its claim frees them, and is
 * granted them like anything else that is claimable. No item goes to and fro: who takes is idle, and ends with no more
 * than anybody keeps from whom it took.
 */
import type { Device } from '../../contract/runner/register.ts';
import { canRun, type Requirement } from '../../graph/requirement.ts';
import { heldBy } from './allowance.ts';
import { recallLeases } from './leases.ts';
import type { RunnerRow } from './runners.ts';
import { type Holder, shares } from './shares.ts';
import type { Turn } from './turn.ts';

/** A runner holds about a second of work ahead; what still waits after this was held back by something. */
export const WAITED_MS = 2_000;

/** Leases that are looked at: enough to find some, so few that an idle runner's claim stays cheap. */
const LEASES_SEEN = 2_000;

interface LeaseRow {
  item_id: number;
  runner_no: number;
  backlog_no: number;
  devices: string;
  waits: number;
}

/** Ends at most `count` leases that others have not started, for this runner to claim. Whether there were any. */
export function takeOver(turn: Turn, runner: RunnerRow, count: number): boolean {
  const taken = offered(turn, runner, count);
  recallLeases(turn, taken);
  return taken.length > 0;
}

export const mayTakeOver = (turn: Turn, runner: RunnerRow): boolean => offered(turn, runner, 1).length > 0;

function offered(turn: Turn, runner: RunnerRow, count: number): number[] {
  const { sql, now } = turn;
  const devices = deviceCount(runner.devices);
  const held = heldBy(sql, runner.runner_no, devices);
  if (held >= devices) return [];
  // The ones that their holder reaches last come first.
  const leases = sql.all<LeaseRow>(
    `SELECT item_id, runner_no, backlog_no, devices, status = 'pending' AND leased_at <= ?2 AS waits
     FROM (SELECT * FROM items WHERE items.runner_no IS NOT NULL AND items.runner_no <> ?1 LIMIT ?3) JOIN runners USING (runner_no)
     ORDER BY leased_at DESC, priority, item_id DESC`,
    runner.runner_no,
    now - WAITED_MS,
    LEASES_SEEN,
  );
  const waiting = leases.filter((lease) => lease.waits === 1);
  if (waiting.length === 0) return [];
  const able = runnable(turn, runner, new Set(waiting.map((lease) => lease.backlog_no)));
  const takeable = Map.groupBy(
    waiting.filter((lease) => able.has(lease.backlog_no)),
    (lease) => lease.runner_no,
  );
  const holders = [...Map.groupBy(leases, (lease) => lease.runner_no)].map(
    ([runner_no, all]): Holder => ({
      runner_no,
      devices: deviceCount(all[0]?.devices ?? '[]'),
      held: all.length,
      takeable: takeable.get(runner_no)?.length ?? 0,
    }),
  );
  return [...shares(holders, held, count)].flatMap(([runner_no, share]) =>
    (takeable.get(runner_no) ?? []).slice(0, share).map((lease) => lease.item_id),
  );
}

const deviceCount = (devices: string): number => (JSON.parse(devices) as Device[]).length;

/** Those of the backlogs that the runner can work on and that may still be worked on. */
function runnable({ sql, now }: Turn, runner: RunnerRow, backlog_nos: ReadonlySet<number>): Set<number> {
  const able = { engine: runner.engine, types: JSON.parse(runner.types) as Record<string, string> };
  const rows = sql.each<{ backlog_no: number; body: string }>(
    `SELECT backlog_no, body FROM json_each(?1) AS wanted JOIN backlogs ON backlog_no = wanted.value
     JOIN requirements USING (requirement_no) WHERE deadline IS NULL OR deadline > ?2`,
    [...backlog_nos],
    now,
  );
  return new Set(
    rows.filter(({ body }) => canRun(able, JSON.parse(body) as Requirement)).map(({ backlog_no }) => backlog_no),
  );
}
