/**
 * Leases that wait at a busy runner while another is idle: the idle one is given some. Its claim frees them, and is
 * granted them like anything else that is claimable. No item goes to and fro: who takes is idle, and ends with no more
 * than anybody keeps from whom it took.
 */
import type { Device } from '../../contract/runner/register.ts';
import { canRun } from '../../graph/requirement.ts';
import { heldBy } from './allowance.ts';
import { requirementIn, timely } from './backlogs.ts';
import { recallLeases } from './leases.ts';
import type { RunnerRow } from './runners.ts';
import { type Holder, shares } from './shares.ts';
import type { Turn } from './turn.ts';

/**
 * A runner holds about a second of work ahead. What it has not started after this, by what it said last, was held back
 * by something; a runner that was not heard of since may have started it, and finished it too.
 */
export const WAITED_MS = 2_000;

/** Leases that are looked at: enough to find some, so few that an idle runner's claim stays cheap. */
const LEASES_SEEN = 2_000;

/** Leases of one holder on the items of one backlog. */
interface HeldGroup {
  runner_no: number;
  backlog_no: number;
  devices: string;
  held: number;
  waiting: number;
}

/** What may be taken from whom. */
interface Offer {
  shares: Map<number, number>;
  backlog_nos: number[];
}

/** Ends at most `count` leases that others have not started, for this runner to claim. Whether there were any. */
export function takeOver(turn: Turn, runner: RunnerRow, count: number): boolean {
  const offer = offerTo(turn, runner, count);
  if (!offer) return false;
  // The ones that their holder reaches last.
  const taken = [...offer.shares].flatMap(([runner_no, share]) =>
    turn.sql.all<{ item_id: number }>(
      `SELECT item_id FROM items JOIN runners USING (runner_no)
       WHERE items.runner_no = ?1 AND status = 'pending' AND leased_at + ?2 <= seen_at
         AND backlog_no IN (SELECT value FROM json_each(?3)) ORDER BY leased_at DESC, priority, item_id DESC LIMIT ?4`,
      runner_no,
      WAITED_MS,
      JSON.stringify(offer.backlog_nos),
      share,
    ),
  );
  recallLeases(
    turn,
    taken.map((row) => row.item_id),
  );
  return true;
}

export const mayTakeOver = (turn: Turn, runner: RunnerRow): boolean => offerTo(turn, runner, 1) !== null;

function offerTo(turn: Turn, runner: RunnerRow, count: number): Offer | null {
  const { sql } = turn;
  const devices = deviceCount(runner.devices);
  const held = heldBy(sql, runner.runner_no, devices);
  if (count === 0 || held >= devices) return null;
  const groups = sql.all<HeldGroup>(
    `SELECT runner_no, backlog_no, devices, COUNT(*) AS held, SUM(status = 'pending' AND leased_at + ?2 <= seen_at) AS waiting
     FROM (SELECT runner_no, backlog_no, status, leased_at FROM items
           WHERE runner_no IS NOT NULL AND runner_no <> ?1 LIMIT ?3) JOIN runners USING (runner_no)
     GROUP BY runner_no, backlog_no`,
    runner.runner_no,
    WAITED_MS,
    LEASES_SEEN,
  );
  const waiting = groups.filter((group) => group.waiting > 0).map((group) => group.backlog_no);
  if (waiting.length === 0) return null;
  const able = runnable(turn, runner, new Set(waiting));
  const holders = [...Map.groupBy(groups, (group) => group.runner_no)].map(
    ([runner_no, all]): Holder => ({
      runner_no,
      devices: deviceCount(all[0]?.devices ?? '[]'),
      held: sum(all.map((group) => group.held)),
      takeable: sum(all.map((group) => (able.has(group.backlog_no) ? group.waiting : 0))),
    }),
  );
  const taken = shares(holders, held, count);
  return taken.size === 0 ? null : { shares: taken, backlog_nos: [...able] };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const deviceCount = (devices: string): number => (JSON.parse(devices) as Device[]).length;

/** Those of the backlogs that the runner can work on and that may still be worked on. */
function runnable({ sql, now }: Turn, runner: RunnerRow, backlog_nos: ReadonlySet<number>): Set<number> {
  const able = { engine: runner.engine, types: JSON.parse(runner.types) as Record<string, string> };
  const rows = sql.each<{ backlog_no: number; body: string }>(
    `SELECT backlog_no, body FROM json_each(?1) AS wanted JOIN backlogs ON backlog_no = wanted.value
     JOIN requirements USING (requirement_no) WHERE ${timely('?2')}`,
    [...backlog_nos],
    now,
  );
  return new Set(rows.filter(({ body }) => canRun(able, requirementIn(body))).map(({ backlog_no }) => backlog_no));
}
