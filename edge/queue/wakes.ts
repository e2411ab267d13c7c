/**
 * Who hears of work that became claimable in a transaction: idle runners that can run it; and where none takes it,
 * those that hold worse work that has not started. A wake that is lost is repaired by the answer to a heartbeat.
 */
import { canRun, type Requirement } from '../../graph/requirement.ts';
import { isPaused } from './allowance.ts';
import { requirementIn, timely } from './backlogs.ts';
import { recallLeases } from './leases.ts';
import { recalls, type UnstartedLease, type Work } from './recall.ts';
import type { RunnerRow } from './runners.ts';
import type { Sql } from './storage.ts';
import type { Turn } from './turn.ts';

/** Leases that are looked at for worse ones: what a fast runner holds beyond is started within a second anyway. */
const LEASES_SEEN = 500;

export function wakes(turn: Turn): void {
  if (turn.claimable.size === 0 || isPaused(turn.sql)) return;
  const work = new NewWork(turn, turn.claimable);
  const woken = wakeIdle(turn.sql, work);
  const recalled = work.left.size === 0 ? [] : recallWorse(turn, work);
  const holders = recalled.map((lease) => lease.runner_no);
  // What was recalled is claimable too, for somebody who is idle because he cannot run the better work.
  const freed = Map.groupBy(recalled, (lease) => lease.backlog_no);
  const others = wakeIdle(turn.sql, new NewWork(turn, new Map([...freed].map(([no, leases]) => [no, leases.length]))));
  for (const runner_no of new Set([...woken, ...holders, ...others])) turn.orders.push({ order: 'wake', runner_no });
}

/** The backlogs that gained claimable items, how many of them nobody was told of yet, and who can run them. */
class NewWork {
  readonly left: Map<number, number>;
  readonly #requirements: { backlog_no: number; requirement: Requirement }[];
  /** By what a runner is able to do: fleets are mostly alike. */
  readonly #judged = new Map<string, Set<number>>();

  constructor({ sql, now }: Turn, claimable: ReadonlyMap<number, number>) {
    const due = sql.each<{ backlog_no: number; body: string }>(
      `SELECT backlog_no, body FROM json_each(?1) AS wanted JOIN backlogs ON backlog_no = wanted.value
       JOIN requirements USING (requirement_no) WHERE ${timely('?2')}`,
      [...claimable.keys()],
      now,
    );
    this.#requirements = due.map(({ backlog_no, body }) => ({
      backlog_no,
      requirement: requirementIn(body),
    }));
    this.left = new Map(due.map(({ backlog_no }) => [backlog_no, claimable.get(backlog_no) ?? 0]));
  }

  runnableBy({ engine, types }: { engine: number; types: string }): Set<number> {
    const key = `${engine} ${types}`;
    const known = this.#judged.get(key);
    if (known) return known;
    const able = { engine, types: JSON.parse(types) as Record<string, string> };
    const runnable = new Set(
      this.#requirements.filter(({ requirement }) => canRun(able, requirement)).map(({ backlog_no }) => backlog_no),
    );
    this.#judged.set(key, runnable);
    return runnable;
  }

  /** Leaves up to `count` of what such a runner can run to it. How many that is. */
  leaveTo(runner: { engine: number; types: string }, count: number): number {
    let room = count;
    for (const backlog_no of this.runnableBy(runner)) {
      const left = this.left.get(backlog_no);
      if (left === undefined || room === 0) continue;
      const taken = Math.min(left, room);
      room -= taken;
      if (taken < left) this.left.set(backlog_no, left - taken);
      else this.left.delete(backlog_no);
    }
    return count - room;
  }
}

type IdleRunner = Pick<RunnerRow, 'runner_no' | 'wanting'> & { holds: number };

/**
 * Those who hold nothing go first: they start at once. Among them whoever can run least: what others can run as well is
 * no use to them.
 */
function wakeIdle(sql: Sql, work: NewWork): number[] {
  if (work.left.size === 0) return [];
  const idle = sql.all<IdleRunner>(
    `SELECT runner_no, wanting, EXISTS (SELECT 1 FROM items WHERE items.runner_no = runners.runner_no) AS holds
     FROM runners WHERE connected = 1 AND wanting > 0 AND draining = 0 AND expires_at IS NOT NULL
     ORDER BY holds, wanting DESC, runner_no`,
  );
  const able = (runner: IdleRunner) =>
    sql.one<Pick<RunnerRow, 'engine' | 'types'>>(
      'SELECT engine, types FROM runners WHERE runner_no = ?',
      runner.runner_no,
    );
  // Mostly one backlog is new, and then everybody who can run something can run the same.
  if (work.left.size > 1) {
    const breadth = new Map(idle.map((runner) => [runner, work.runnableBy(able(runner)).size]));
    idle.sort((a, b) => a.holds - b.holds || (breadth.get(a) ?? 0) - (breadth.get(b) ?? 0));
  }
  const woken: number[] = [];
  for (const runner of idle) {
    if (work.left.size === 0) break;
    if (work.leaveTo(able(runner), runner.wanting) === 0) continue;
    woken.push(runner.runner_no);
    // A woken runner claims; until then a second wake would say nothing new.
    sql.all('UPDATE runners SET wanting = 0 WHERE runner_no = ?', runner.runner_no);
  }
  return woken;
}

type SeenLease = UnstartedLease & { backlog_no: number };

/** Recalls leases that are worse than what nobody idle takes, and returns them: those who held them have room now. */
function recallWorse(turn: Turn, work: NewWork): SeenLease[] {
  const { sql, settings } = turn;
  const best = bestOf(sql, work);
  // Of runners that can be told: another one would only start in vain what it does not hold any more.
  const leases = sql.all<SeenLease>(
    `SELECT item_id, backlog_no, runner_no, lane, user_id, priority
     FROM (SELECT item_id, backlog_no, runner_no, priority, leased_at FROM items
           WHERE runner_no IS NOT NULL AND status = 'pending' LIMIT ?3)
     JOIN backlogs USING (backlog_no) JOIN runners USING (runner_no)
     WHERE (lane < ?1 OR priority < ?2) AND connected = 1 AND draining = 0 ORDER BY leased_at DESC, item_id DESC`,
    best.reduce((max, { lane }) => Math.max(max, lane), 0),
    best.reduce((max, { priority }) => Math.max(max, priority), Number.MIN_SAFE_INTEGER),
    LEASES_SEEN,
  );
  if (leases.length === 0) return [];
  const runnable = new Map(
    sql
      .each<Pick<RunnerRow, 'runner_no' | 'engine' | 'types'>>(
        'SELECT runner_no, engine, types FROM json_each(?1) JOIN runners ON runner_no = value',
        [...new Set(leases.map((lease) => lease.runner_no))],
      )
      .map((runner) => [runner.runner_no, work.runnableBy(runner)]),
  );
  const recalled = recalls(
    best,
    leases,
    settings.order,
    (runner_no, backlog_no) => runnable.get(runner_no)?.has(backlog_no) ?? false,
  );
  recallLeases(
    turn,
    recalled.map((lease) => lease.item_id),
  );
  return recalled;
}

/** Of each backlog the best items, as many as are new, and no more than there can be leases to recall for them. */
function bestOf(sql: Sql, work: NewWork): Work[] {
  return [...work.left].flatMap(([backlog_no, count]) =>
    sql.all<Work>(
      `SELECT backlog_no, lane, user_id, priority FROM items JOIN backlogs USING (backlog_no)
       WHERE backlog_no = ?1 AND status = 'pending' AND runner_no IS NULL ORDER BY priority DESC LIMIT ?2`,
      backlog_no,
      Math.min(count, LEASES_SEEN),
    ),
  );
}
