/**
 * Claims: leases on pending items, in the order of order.ts (D5, D7). A claim carries its number
 * within the runner's epoch, and the same number gets the same leases, so a lost answer strands nothing.
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import type { BatchGraph, ClaimRequest, ClaimResult, Grant } from '../../contract/runner/claim.ts';
import { LANE_MAX } from '../../contract/store/key.ts';
import { allowance } from './allowance.ts';
import { ANSWER_LENGTH_MAX } from './answer.ts';
import { nextLane } from './backlogs.ts';
import { type Batches, type BatchRow, valuesLength } from './batches.ts';
import { type Chosen, nextItems } from './choice.ts';
import { cachedResults, cacheState, cacheWord, type Taker } from './invocation-cache.ts';
import type { RunnerRow } from './runners.ts';
import { sessionId } from './session-id.ts';
import type { Sql } from './storage.ts';
import { takeOver } from './takeover.ts';
import type { Turn } from './turn.ts';

interface LeaseRow {
  item_id: number;
  batch_no: number;
  backlog_no: number;
  batch_index: number | null;
  charge: number;
  fence: number;
  token: string;
  results: number;
  result_bytes: number;
}

export function claim(turn: Turn, runner: RunnerRow, request: ClaimRequest): ClaimResult {
  const { sql, batches, queue_id, settings } = turn;
  const isNew = request.claim > runner.claim_no;
  // A number below the last one is a late duplicate whose answer nobody reads any more.
  const leases = isNew ? lease(turn, runner, request) : request.claim === runner.claim_no ? held(sql, runner) : [];
  const { carried, length } = carry(batches, leases, new Set(request.batches), isNew);
  if (isNew) settle(turn, runner, request, leases, carried.length);
  const results = recordedResults(
    sql,
    carried.filter(({ row }) => row.results > 0).map(({ row }) => row.item_id),
  );
  const resultsOf = (row: LeaseRow) => results.get(row.item_id) ?? [];
  const cache = carried.length > 0 && settings.invocation_cache !== 'off' ? cacheState(turn) : null;
  const takers = (): Taker[] =>
    carried.map(({ row, batch: { user_id }, values }) => {
      const { item_id, batch_no } = row;
      return { item_id, batch_no, user_id, values, results: resultsOf(row) };
    });
  const cached = cache?.cache_size ? cachedResults(turn, takers(), ANSWER_LENGTH_MAX - length) : null;
  const grants = carried.map(({ row, batch, values }): Grant => {
    const { item_id, fence, token } = row;
    const { batch_id, user_id } = batch;
    const session_id = sessionId(queue_id, item_id);
    const taken = cached?.get(item_id);
    return {
      ...{ item_id, fence, token, session_id, batch_id, user_id, values },
      results: resultsOf(row),
      ...(taken ? { cached: taken } : {}),
      ...(cache ? { cache_scope: cacheWord(settings, cache, user_id) } : {}),
      max_run_seconds: batch.max_run_seconds ?? settings.max_run_seconds,
      max_node_seconds: settings.max_node_seconds,
      traceparent: batch.traceparent,
    };
  });
  const graphs = carried
    .filter(({ brings }) => brings)
    .map(({ batch }): BatchGraph => ({ batch_id: batch.batch_id, graph: batches.of(batch.batch_no).graph }));
  return { claim: request.claim, grants, batches: graphs };
}

interface Carried {
  row: LeaseRow;
  batch: BatchRow;
  values: Grant['values'];
  /** The graph of its batch goes along, as the runner has it from nowhere else. */
  brings: boolean;
}

/** The leases that fit one answer, and the characters of that: at least the first, and all when the answer is repeated. */
function carry(
  batches: Batches,
  leases: readonly LeaseRow[],
  known: Set<string>,
  isNew: boolean,
): { carried: Carried[]; length: number } {
  const carried: Carried[] = [];
  let length = 0;
  for (const row of leases) {
    const batch = batches.rowOf(row.batch_no);
    const values = batches.values(row.batch_no, row.batch_index ?? row.item_id - batch.first_item_id);
    const brings = !known.has(batch.batch_id);
    const more = row.result_bytes + valuesLength(values) + (brings ? batch.graph_length : 0);
    if (isNew && length + more > ANSWER_LENGTH_MAX && carried.length > 0) break;
    length += more;
    known.add(batch.batch_id);
    carried.push({ row, batch, values, brings });
  }
  return { carried, length };
}

function lease(turn: Turn, runner: RunnerRow, request: ClaimRequest): LeaseRow[] {
  const count = allowance(turn, runner, request.max_items);
  const claimable = choose(turn, runner, request, count);
  const chosen =
    claimable.length === 0 && takeOver(turn, runner, count) ? choose(turn, runner, request, count) : claimable;
  const rows = turn.sql.each<LeaseRow>(
    `UPDATE items SET runner_no = ?2, leased_at = ?3, token = ?4, charge = value->>1, fence = fence + 1 FROM json_each(?1)
     WHERE item_id = value->>0 AND status = 'pending' AND runner_no IS NULL
     RETURNING item_id, batch_no, backlog_no, batch_index, charge, fence, token, results, result_bytes`,
    chosen.map(({ item_id, cost }) => [item_id, cost]),
    runner.runner_no,
    turn.now,
    // One for the claim: it proves who was granted, and the fence which lease it is.
    turn.token(),
  );
  const order = new Map(chosen.map(({ item_id }, index) => [item_id, index]));
  const place = (row: LeaseRow) => order.get(row.item_id) ?? 0;
  return rows.sort((a, b) => place(a) - place(b));
}

/** The next items for a runner, lane by lane, each charged to its user as it is chosen. */
function choose(turn: Turn, runner: RunnerRow, { models }: ClaimRequest, count: number): Chosen[] {
  const chosen: Chosen[] = [];
  if (count === 0) return chosen;
  turn.book();
  for (let lane = nextLane(turn.sql, LANE_MAX + 1); lane !== null; lane = nextLane(turn.sql, lane)) {
    for (const item of nextItems(turn, turn.now, { lane, count: count - chosen.length, runner, models })) {
      turn.serve(item, item.cost);
      turn.served(lane, item.service);
      turn.taken(item.backlog_no);
      chosen.push(item);
    }
    if (chosen.length === count) break;
    turn.book();
  }
  return chosen;
}

/** Remembers what the claim got, which are the first `granted` of the leases; the others are free again. */
function settle(
  turn: Turn,
  runner: RunnerRow,
  { claim, max_items }: ClaimRequest,
  leases: readonly LeaseRow[],
  granted: number,
): void {
  const surplus = leases.slice(granted);
  turn.sql.each(
    'UPDATE items SET runner_no = NULL, charge = NULL FROM json_each(?1) WHERE item_id = value',
    surplus.map((row) => row.item_id),
  );
  for (const { backlog_no, batch_no, charge } of surplus) {
    turn.serve(turn.batches.rowOf(batch_no), -charge);
    turn.madeClaimable(backlog_no);
  }
  turn.sql.all(
    'UPDATE runners SET claim_no = ?, claim_leases = ?, wanting = ? WHERE runner_no = ?',
    claim,
    JSON.stringify(leases.slice(0, granted).map((row) => [row.item_id, row.fence])),
    runner.draining ? 0 : max_items - granted,
    runner.runner_no,
  );
}

/** The leases of the last claim that still stand. */
function held(sql: Sql, runner: RunnerRow): LeaseRow[] {
  return sql.each<LeaseRow>(
    `SELECT item_id, batch_no, backlog_no, batch_index, charge, fence, token, results, result_bytes FROM json_each(?1)
     JOIN items ON item_id = value->>0 AND fence = value->>1 WHERE runner_no = ?2`,
    JSON.parse(runner.claim_leases) as unknown[],
    runner.runner_no,
  );
}

function recordedResults(sql: Sql, item_ids: readonly number[]): Map<number, Grant['results']> {
  const found = new Map<number, Grant['results']>();
  const rows = sql.each<{ item_id: number; invocation_id: string; result: string }>(
    `SELECT item_id, invocation_id, result FROM json_each(?1) AS wanted JOIN invocations ON item_id = wanted.value
     WHERE result IS NOT NULL ORDER BY item_id, ordinal`,
    item_ids,
  );
  for (const { item_id, invocation_id, result } of rows) {
    const entry = { invocation_id, result: JSON.parse(result) as NodeOutput };
    const results = found.get(item_id);
    if (results) results.push(entry);
    else found.set(item_id, [entry]);
  }
  return found;
}
